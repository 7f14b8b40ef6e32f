"""A process of `tests.mutation`: judges mutants in a copy of the tree.

A mutant is written over its module there, so that processes which tests start
see it, too. Its tests run in a child, forked from this process, which has
imported the libraries and none of the snippets. No process outlives its mutant.
"""

import ctypes
import gc
import importlib
import multiprocessing
import os
import select
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from io import RawIOBase
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import Phase, settings

from guide.evidence.mutants import KILLED, SURVIVED, TIMEOUT
from guide.layout import ROOT
from tests.mutation.mutants import Mutant

OURS = {"guide", "servers", "snippets", "tests"}
START = 60  # seconds to import and collect
USED = {"asyncio", "hypothesispytest", "timeout"}
UNUSED = [  # what is not loaded, takes no time
    f"-pno:{plugin.name}"
    for plugin in entry_points(group="pytest11")
    if plugin.name not in USED
]
NO_TESTS = pytest.ExitCode.NO_TESTS_COLLECTED
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


@dataclass(frozen=True)
class Tests:
    """Ids → seconds, in the order to run; ``mirror`` is run whole if new."""

    mirror: str
    own: dict[str, float]
    others: dict[str, float]
    known: frozenset[str]

    def without(self, bad: set[str]) -> "Tests":
        own, others = (
            {name: took for name, took in stage.items() if name not in bad}
            for stage in (self.own, self.others)
        )
        return Tests(self.mirror, own, others, self.known | bad)


@dataclass(frozen=True)
class Task:
    path: Path
    mutant: Mutant | None
    tests: Tests


def prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every process below this one that loses its own."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_descendants() -> None:
    """Kill and reap every process below this one: none outlives its mutant."""
    while True:
        listing = Path(f"/proc/{os.getpid()}/task").glob("*/children")
        children = [
            int(pid) for each in listing for pid in each.read_text().split()
        ]
        if not children:
            return
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(child, 0)


def become_worker(
    copies: Path, libraries: set[str], urls: dict[str, str], numbers
) -> None:
    """A process in a copy of the tree: libraries imported, snippets not."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != multiprocessing.parent_process().pid:
        os._exit(1)  # it was killed before that
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the controller's to hear
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    number = numbers.get()
    for name, url in urls.items():
        os.environ[f"{name.upper()}_URL"] = url
    os.environ["PYTEST_XDIST_WORKER"] = f"gw{number}"  # a Redis database each
    os.chdir(copies / str(number))
    sys.dont_write_bytecode = False  # in the copy
    with warnings.catch_warnings(action="ignore"):
        for name in sorted(libraries):
            with suppress(ImportError):  # it belongs to an example's project
                importlib.import_module(name)
    gc.freeze()  # no child looks through what the libraries keep


def move_in() -> None:
    """From here on, the project is the copy in the current folder."""
    ours = {"", str(ROOT)}
    elsewhere = [path for path in sys.path if path not in ours]
    sys.path[:] = [str(Path.cwd()), *elsewhere]
    # Processes that multiprocessing spawns would import what this one ran.
    sys.modules["__main__"] = ModuleType("__main__")
    for name in list(sys.modules):
        if name.partition(".")[0] in OURS:
            del sys.modules[name]


class Reporter:
    """In the child: picks and orders the tests, says which one fails."""

    def __init__(self, pipe: int, tests: Tests, wanted: dict[str, float]):
        self._pipe, self._tests, self._wanted = pipe, tests, wanted

    def say(self, *words: str) -> None:
        os.write(self._pipe, ("\0".join(words) + "\n").encode())

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        # One example that fails is enough: none simpler is looked for.
        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("mutants", settings(phases=phases))
        settings.load_profile("mutants")

    def pytest_collectreport(self, report) -> None:
        if report.failed:
            self.say("failed", report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items) -> None:
        order = {name: number for number, name in enumerate(self._wanted)}
        items[:] = sorted(
            (
                item
                for item in items
                if item.nodeid in order or self._is_new(item.nodeid)
            ),
            key=lambda item: order.get(item.nodeid, -1),
        )

    def _is_new(self, name: str) -> bool:
        """Written since the last run, for this module."""
        own = name.startswith(f"{self._tests.mirror}::")
        return own and name not in self._tests.known

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.say("start", nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        os._exit(exitstatus)  # fixtures are done with; there is no summary

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed:
            self.say("failed", report.nodeid)


def in_child(
    tests: Tests, wanted: dict[str, float], files: list[str]
) -> tuple[str, str]:
    """Run these tests in a fork; the verdict, and the test that gave it."""
    files = [file for file in files if Path(file).exists()]
    if not files:
        return SURVIVED, ""
    inlet, outlet = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        move_in()
        code = pytest.main(
            ["-q", "--tb=native", "--rootdir=.", "-p", "no:cacheprovider",
             *UNUSED, f"--basetemp=../tmp-{Path.cwd().name}",
             "--hypothesis-seed=0",  # the same verdict each time
             "-W", "ignore::pytest.PytestAssertRewriteWarning", "-x", *files],
            plugins=[Reporter(outlet, tests, wanted)],
        )  # fmt: skip
        os._exit(int(code))
    os.close(outlet)
    with os.fdopen(inlet, "rb", buffering=0) as pipe:
        verdict, test = heard(pipe, wanted)
    if verdict == SURVIVED:
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code not in {0, NO_TESTS}:
            verdict, test = KILLED, f"pytest ended with {code}"
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    end_descendants()
    return verdict, test


def heard(pipe: RawIOBase, wanted: dict[str, float]) -> tuple[str, str]:
    """What the child says until it ends, or is silent for too long."""
    verdict, test, limit, said = SURVIVED, "", START, b""
    while select.select([pipe], [], [], limit)[0]:
        chunk = pipe.read(65536)
        if not chunk:
            return (verdict, test) if verdict == KILLED else (SURVIVED, "")
        *lines, said = (said + chunk).split(b"\n")
        for line in lines:
            if verdict == SURVIVED:
                word, test = line.decode().split("\0")
                limit = 20 + 10 * wanted.get(test, 2)
                if word == "failed":
                    verdict = KILLED  # and now it cleans up
    return (KILLED if verdict == KILLED else TIMEOUT), test


def try_mutant(task: Task) -> tuple[str, str]:
    """Write the mutant into this worker's copy; what the tests make of it."""
    path, tests = task.path, task.tests
    with written(path, task.mutant):
        for wanted, files in (
            (tests.own, [tests.mirror]),
            (
                tests.others,
                sorted({name.partition("::")[0] for name in tests.others}),
            ),
        ):
            verdict, test = in_child(tests, wanted, files)
            if verdict != SURVIVED:
                break
    return verdict, test


def failing(tests: Tests, names: list[str]) -> list[str]:
    """Those of these tests that fail without any mutant."""
    wanted, found = dict.fromkeys(names, 10.0), []
    tests = replace(tests, known=tests.known | wanted.keys())
    while wanted:
        files = sorted({name.partition("::")[0] for name in wanted})
        verdict, test = in_child(tests, wanted, files)
        if verdict == SURVIVED:
            break
        found.append(test)
        if wanted.pop(test, None) is None:
            break  # nothing can be said of what does not import
    return found


stamps = count(1)


@contextmanager
def written(path: Path, mutant: Mutant | None) -> Iterator[None]:
    text, stamp = path.read_text(), path.stat().st_mtime_ns
    if mutant:
        path.write_text(mutant.of(text))
        # Bytecode is told by its source's size and second: give it one each.
        second = next(stamps)
        os.utime(path, (second, second))
    try:
        yield
    finally:
        path.write_text(text)
        os.utime(path, ns=(stamp, stamp))
