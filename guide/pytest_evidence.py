"""Pytest plugin: write the evidence report, fail on shown lines that never ran.

``pytest -p guide.pytest_evidence --evidence build/evidence.json --cov …``
Under xdist the controller writes; workers only note which servers a test used.
"""

import json
import platform
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path

import pytest

from guide.coverage_report import module_runs
from guide.evidence import PROVES, Evidence, Outcome, topic_digest, topics
from guide.excerpts import (
    ROOT,
    UnknownSnippetError,
    find,
    is_of_shop,
    modules,
)
from guide.pages import Shown, shown
from guide.reference import REFERENCE

SERVER_FIXTURES = {
    "postgres_url": "postgres",
    "redis_url": "redis",
    "nats_url": "nats",
    "amqp_url": "amqp",
    "temporal_url": "temporal",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--evidence", type=Path, help="write the evidence report to this file"
    )
    parser.addoption(
        "--evidence-root", type=Path, default=ROOT, help="the project's folder"
    )


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(TestNotes())
    elif config.option.evidence and not config.option.collectonly:
        config.pluginmanager.register(TestNotes())
        config.pluginmanager.register(
            EvidenceWriter(config), name="evidence-writer"
        )


class TestNotes:
    """Notes on each test what the report cannot see: the servers its fixtures
    asked for, and the snippets it judged in a child process.
    """

    __test__ = False  # not a test class

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        for mark in item.iter_markers("child_process"):
            for module in mark.args:
                item.user_properties.append(("child_process", module))

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(
        self,
        fixturedef: "pytest.FixtureDef[object]",
        request: pytest.FixtureRequest,
    ) -> None:
        server = SERVER_FIXTURES.get(fixturedef.argname)
        if server and isinstance(request.node, pytest.Item):
            request.node.user_properties.append(("server", server))


class EvidenceWriter:
    """Collects outcomes, then joins them with coverage into one report."""

    def __init__(self, config: pytest.Config) -> None:
        self.path: Path = config.option.evidence
        self.root: Path = config.option.evidence_root
        self.tests: dict[str, Outcome] = {}
        self.elsewhere: dict[str, set[str]] = {}
        self.findings: list[str] = []
        self.summary = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        run = self.tests.setdefault(report.nodeid, Outcome("passed"))
        run.seconds = round(run.seconds + report.duration, 3)
        run.servers = sorted(
            {
                str(value)
                for key, value in report.user_properties
                if key == "server"
            }
        )
        for key, value in report.user_properties:
            if key == "child_process":
                path = f"snippets/{str(value).replace('.', '/')}.py"
                self.elsewhere.setdefault(path, set()).add(report.nodeid)
        reason = getattr(report, "wasxfail", None)
        if report.skipped and reason is not None:
            run.status, run.reason = "xfailed", reason.removeprefix("reason: ")
        elif not report.passed:
            run.status = report.outcome

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        # pytest-cov wrote the JSON report when the run loop ended.
        coverage = self.path.with_name("coverage.json")
        if not coverage.exists():
            self.findings = [f"No coverage report at {coverage}"]
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            return
        modules = module_runs(
            json.loads(coverage.read_text()), self.tests, self.root
        )
        for path, tests in self.elsewhere.items():
            if path not in modules:
                self.findings.append(f"{min(tests)}: there is no {path}")
                continue
            modules[path].elsewhere = sorted(
                test for test in tests if self.tests[test].status in PROVES
            )
        evidence = Evidence(
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            commit=git("rev-parse", "--short", "HEAD", root=self.root),
            python=platform.python_version(),
            green=False,
            servers=server_versions(session.config),
            topics={
                topic: topic_digest(topic, self.root)
                for topic in topics(self.root)
            },
            tests=self.tests,
            modules=modules,
            packages={
                package.name.lower(): package.version
                for package in distributions()
            },
        )
        self.findings += shown_but_not_run(evidence, self.root)
        if self.findings and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        evidence.green = session.exitstatus == pytest.ExitCode.OK
        evidence.save(self.path)
        self.summary = (
            f"{len(modules)} modules, {len(self.tests)} tests, "
            f"{', '.join(evidence.servers.values())} -> {self.path}"
        )

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        for finding in self.findings:
            terminalreporter.write_line(f"NOT RUN {finding}", red=True)
        if self.summary:
            terminalreporter.write_line(f"Evidence: {self.summary}")


def shown_but_not_run(evidence: Evidence, root: Path) -> Iterator[str]:
    """One sentence for each shown Python line that no passing test ran."""
    for item in [*shown(root), *shop_in_reference(root)]:
        try:
            excerpt = find(item.reference, root)
        except UnknownSnippetError as error:
            yield f"{item.page}:{item.line}: {error}"
            continue
        if not excerpt.is_python:
            continue
        run = evidence.modules.get(excerpt.path.as_posix())
        if run is None:
            yield f"{item.page}:{item.line}: nothing imports {excerpt.path}"
            continue
        tests = run.tests(excerpt.first, excerpt.last)
        proofs = {evidence.tests[test].status for test in tests}
        if excerpt.is_broken and "xfailed" not in proofs:
            yield (
                f"{item.page}:{item.line}: no test proves {excerpt.path} wrong"
            )
        for line in run.gaps(excerpt.first, excerpt.last):
            problem = (
                "no test took a branch of"
                if line in run.partial
                else "no test ran"
            )
            yield f"{item.page}:{item.line}: {problem} {excerpt.path}:{line}"


def shop_in_reference(root: Path) -> Iterator[Shown]:
    """The modules of the shop, which are shown whole, if only there."""
    for path in filter(is_of_shop, modules(root)):
        page = REFERENCE / Path(*path.with_suffix(".md").parts[1:])
        dotted = ".".join(path.with_suffix("").parts[1:])
        yield Shown(page, 1, dotted)


def server_versions(config: pytest.Config) -> dict[str, str]:
    """The running servers, as tests/conftest.py tells."""
    plugin = config.pluginmanager.get_plugin("servers")
    return plugin.versions() if plugin else {}


def git(*arguments: str, root: Path) -> str:
    result = subprocess.run(  # noqa: S603 - fixed command, own arguments
        ["git", *arguments],  # noqa: S607 - the user's own git
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip()
