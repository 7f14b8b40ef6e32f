"""The report of the last test run: which tests ran which line, and on what.

``make test`` writes ``build/evidence.json``; pages and ``make build`` read it.
A topic whose files changed since then counts as not verified.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from guide.layout import ROOT, SHOP, SNIPPETS, topics
from guide.snippets.source import Excerpt

# Where reports lie; the browser tests let a site be built from others.
FOLDER = Path(os.environ.get("EVIDENCE_FOLDER", "build"))
REPORT = FOLDER / "evidence.json"
PROVES = frozenset({"passed", "xfailed"})


@dataclass
class Outcome:
    """What became of one test, the servers it used, the product it missed."""

    status: str
    servers: list[str] = field(default_factory=list)
    reason: str = ""
    seconds: float = 0.0
    missing: str = ""


@dataclass
class ModuleRun:
    """Statements of one module: line → the tests that proved it.

    ``unrun`` holds lines that no test ran, ``partial`` lines with a branch
    that no test took. ``elsewhere`` holds tests that judged the module in a
    child process, where no line is measured. ``missing`` names the products
    for want of which tests of the module were skipped. ``digest`` is that of
    its text.
    """

    lines: dict[int, list[str]] = field(default_factory=dict)
    unrun: list[int] = field(default_factory=list)
    partial: list[int] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    digest: str = ""
    missing: list[str] = field(default_factory=list)

    def tests(self, first: int, last: int) -> list[str]:
        """The tests that ran any line from ``first`` to ``last``."""
        found = {
            test
            for line, tests in self.lines.items()
            if first <= line <= last
            for test in tests
        }
        return sorted(found.union(self.elsewhere))

    def gaps(self, first: int, last: int) -> list[int]:
        lines = {*self.unrun, *self.partial}
        return sorted(line for line in lines if first <= line <= last)


@dataclass
class Evidence:
    """One test run, as far as pages need it."""

    finished: str
    commit: str
    python: str
    green: bool
    servers: dict[str, str]
    topics: dict[str, str]
    tests: dict[str, Outcome]
    modules: dict[str, ModuleRun]
    packages: dict[str, str] = field(default_factory=dict)

    def missing(self, below: str = "") -> list[str]:
        """The products for want of which tests were skipped, there if told."""
        return sorted(
            {
                run.missing
                for test, run in self.tests.items()
                if run.missing and test.startswith(below)
            }
        )

    def unproven(self, excerpt: Excerpt) -> Iterator[str]:
        """What is shown there and no passing test ran: one phrase each."""
        run = self.modules[excerpt.path.as_posix()]
        tests = run.tests(excerpt.first, excerpt.last)
        proofs = {self.tests[test].status for test in tests}
        if excerpt.is_broken and "xfailed" not in proofs:
            yield f"no test proves {excerpt.path} wrong"
        for line in run.gaps(excerpt.first, excerpt.last):
            problem = (
                "no test took a branch of"
                if line in run.partial
                else "no test ran"
            )
            yield f"{problem} {excerpt.path}:{line}"

    def module(self, path: Path, root: Path = ROOT) -> ModuleRun | None:
        """What ran in ``path``; None if its topic changed since the run."""
        if not self.holds_for(path.parts[1], root):
            return None
        return self.modules.get(path.as_posix())

    def holds_for(self, topic: str, root: Path = ROOT) -> bool:
        """The run was green, and the topic has not changed since."""
        return self.green and self.topics.get(topic) == topic_digest(
            topic, root
        )

    def is_current(self, root: Path = ROOT) -> bool:
        return self.green and self.topics == {
            topic: topic_digest(topic, root) for topic in topics(root)
        }

    def summary(self) -> str:
        """When, what and how much: for the footer of every page."""
        passed = sum(test.status in PROVES for test in self.tests.values())
        commit = f", commit {self.commit}" if self.commit else ""
        missing = self.missing()
        without = f", without {listed(missing)}" if missing else ""
        return (
            f"{self.finished[:10]}{commit}, {passed} tests passed{without}"
            if self.green
            else ""
        )

    def save(self, path: Path) -> None:
        """Write the report; test ids are stored once and numbered in lines."""
        data = asdict(self)
        numbers = {test: number for number, test in enumerate(self.tests)}
        for module in data["modules"].values():
            module["lines"] = {
                line: [numbers[test] for test in tests]
                for line, tests in module["lines"].items()
            }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data, indent=1) + "\n")


def load(root: Path = ROOT) -> Evidence | None:
    """The last run's report; None if there is none, or an unreadable one."""
    try:
        return _parse((root / REPORT).read_text())
    except OSError:
        return None


@lru_cache(maxsize=1)
def _parse(report: str) -> Evidence | None:
    try:
        data = json.loads(report)
        ids = list(data["tests"])
        data["tests"] = {
            test: Outcome(**run) for test, run in data["tests"].items()
        }
        data["modules"] = {
            path: ModuleRun(
                **run
                | {
                    "lines": {
                        int(line): [ids[number] for number in numbers]
                        for line, numbers in run["lines"].items()
                    }
                }
            )
            for path, run in data["modules"].items()
        }
        return Evidence(**data)
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def text_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def listed(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def not_verified(missing: Iterable[str] = ()) -> str:
    """The HTML that stands where there is no proof, or none for want of it."""
    why = "".join(f" and no {product}" for product in missing)
    return (
        '<p class="snippet__evidence snippet__evidence--missing">'
        f"Not verified in this build{why.replace(' and', ':', 1)}.</p>"
    )


def topic_digest(topic: str, root: Path = ROOT) -> str:
    """Changes when the topic's snippets, its tests or the lock change.

    That of the shop changes with any topic's, since it may use them all.
    """
    stamped = tuple(
        (path, path.stat().st_mtime_ns) for path in _inputs(topic, root)
    )
    return _digest(stamped, root)


@lru_cache(maxsize=64)  # a page asks once for each snippet
def _digest(stamped: tuple[tuple[Path, int], ...], root: Path) -> str:
    digest = hashlib.sha256()
    for path, _ in stamped:
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _inputs(topic: str, root: Path) -> Iterable[Path]:
    snippets, tests = SNIPPETS / topic, Path("tests") / SNIPPETS / topic
    if snippets == SHOP:
        snippets, tests = SNIPPETS, Path("tests") / topic
    for folder in (snippets, tests):
        yield from sorted(
            path
            for path in (root / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        )
    yield from sorted(
        path
        for pattern in ("tests/conftest.py", "tests/support/*.py", "servers/*")
        for path in root.glob(pattern)
        if path.is_file() and not path.name.startswith("test_")
    )
    lock = root / "requirements.lock"
    if lock.exists():  # not in a zip of the decision guide
        yield lock


def main() -> int:
    """Exit 0 if the report is there, green and current; else say why not."""
    evidence = load()
    if evidence is None:
        sys.stderr.write("No evidence report yet.\n")
    elif not evidence.green:
        sys.stderr.write("The last test run was not green.\n")
    elif not evidence.is_current():
        sys.stderr.write("Snippets or tests changed since the last run.\n")
    else:
        return 0
    return 1
