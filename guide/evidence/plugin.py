"""Pytest plugin: write the evidence report, fail on shown lines that never ran.

``pytest -p guide.evidence.plugin --evidence build/evidence.json --cov …``
Under xdist the controller writes; workers only note which servers a test used.
A line fails nothing if tests of its module were skipped for want of a server.
"""

import platform
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path

import pytest

from guide.evidence import crash_points, timeline
from guide.evidence.coverage import measured, module_runs
from guide.evidence.report import PROVES, Evidence, Outcome, topic_digest
from guide.layout import (
    REFERENCE,
    ROOT,
    is_of_shop,
    mirror_of,
    module_name,
    modules,
    topics,
)
from guide.snippets.shown import Shown, shown
from guide.snippets.source import UnknownSnippetError, find, read


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
    """Notes on each test the snippets that it judged in a child process.

    The fixtures of a server note their use, what was missing notes itself.
    """

    __test__ = False  # not a test class

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        for mark in item.iter_markers("child_process"):
            for module in mark.args:
                item.user_properties.append(("child_process", module))


class EvidenceWriter:
    """Collects outcomes, then joins them with coverage into one report."""

    def __init__(self, config: pytest.Config) -> None:
        self.path: Path = config.option.evidence
        self.root: Path = config.option.evidence_root
        self.tests: dict[str, Outcome] = {}
        self.elsewhere: dict[str, set[str]] = {}
        self.findings: list[str] = []
        self.excused: list[str] = []
        self.summary = ""
        # What a page shows of crash points and rollouts stems from this run.
        for reports in (crash_points.REPORTS, timeline.REPORTS):
            shutil.rmtree(self.root / reports, ignore_errors=True)

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
            run.missing = missing_product(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        # pytest-cov wrote its data when the run loop ended.
        coverage = measured()
        if coverage is None:
            self.findings = ["Nothing was measured: run pytest with --cov"]
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            return
        modules = module_runs(coverage, self.tests, self.root)
        for path, tests in self.elsewhere.items():
            if path not in modules:
                self.findings.append(f"{min(tests)}: there is no {path}")
                continue
            modules[path].elsewhere = sorted(
                test for test in tests if self.tests[test].status in PROVES
            )
        for path, run in modules.items():
            run.missing = missing_for(
                Path(path), self.tests, self.elsewhere.get(path, ()), self.root
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
        for finding, excused in shown_but_not_run(evidence, self.root):
            (self.excused if excused else self.findings).append(finding)
        if self.findings and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        evidence.green = session.exitstatus == pytest.ExitCode.OK
        evidence.save(self.path)
        self.summary = (
            f"{len(modules)} modules, {len(self.tests)} tests, "
            f"{', '.join(evidence.servers.values())} -> {self.path}"
        )

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        for finding in self.findings:
            terminalreporter.write_line(f"NOT RUN {finding}", red=True)
        if self.excused:
            terminalreporter.write_line(
                "Not verified, since tests of theirs lacked what is missing: "
                f"{len(self.excused)} shown lines, as their pages say",
                yellow=True,
            )
        if self.summary:
            terminalreporter.write_line(f"Evidence: {self.summary}")


def missing_product(report: pytest.TestReport) -> str:
    """What a test was skipped for want of, as it noted."""
    for key, value in report.user_properties if report.skipped else ():
        if key == "missing" and isinstance(value, list | tuple):
            return str(value[0])
    return ""


def missing_for(
    module: Path,
    tests: Mapping[str, Outcome],
    elsewhere: Iterable[str],
    root: Path,
) -> list[str]:
    """The products for want of which tests of the module were skipped.

    Its tests are those of its mirror, those whose file or ``conftest.py``
    imports it by name, and those that say they judge it.
    """
    mirror = mirror_of(module, root)
    return sorted(
        {
            run.missing
            for test, run in tests.items()
            if run.missing
            and (
                (file := Path(test.partition("::")[0])) == mirror
                or test in elsewhere
                or module_name(module) in imported(file, root)
            )
        }
    )


def imported(test_file: Path, root: Path) -> set[str]:
    """The dotted names that the tests in a file and their fixtures import."""
    conftests = [folder / "conftest.py" for folder in test_file.parents]
    names = {
        name
        for file in [test_file, *conftests]
        if (root / file).exists()
        for name in read(file, root).absolute_imports
    }
    return names | {name.rpartition(".")[0] for name in names}


def shown_but_not_run(
    evidence: Evidence, root: Path
) -> Iterator[tuple[str, bool]]:
    """One sentence for each shown Python line that no passing test ran, and
    whether tests that were skipped for want of a product excuse it.
    """
    for item in [*shown(root), *shop_in_reference(root)]:
        try:
            excerpt = find(item.reference, root)
        except UnknownSnippetError as error:
            yield f"{item.page}:{item.line}: {error}", False
            continue
        if not excerpt.is_python:
            continue
        run = evidence.modules.get(excerpt.path.as_posix())
        if run is None:
            problem = f"nothing imports {excerpt.path}"
            yield f"{item.page}:{item.line}: {problem}", False
            continue
        for problem in evidence.unproven(excerpt):
            yield f"{item.page}:{item.line}: {problem}", bool(run.missing)


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
    """What git says; nothing where it is not installed."""
    if not shutil.which("git"):
        return ""
    result = subprocess.run(  # noqa: S603 - fixed command, own arguments
        ["git", *arguments],  # noqa: S607 - the user's own git
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip()
