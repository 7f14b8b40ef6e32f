"""``make soak``: what failed, how often, and how to see it fail again."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from guide.layout import ROOT
from tests import soak
from tests.soak import (
    Run,
    SoakError,
    interpreter,
    interpreters,
    summary,
    version_of,
)
from tests.support.process import running
from tests.support.until import until

THIS = {version_of(sys.executable): Path(sys.executable)}
ALONE = (
    *("-p", "xdist", "-p", "random_order.plugin"),
    *("--numprocesses=0", "--dist=no"),
)


@pytest.fixture
def suite(project, monkeypatch):
    """A suite of five tests, of which one fails in every second run."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    project.write(
        "tests/test_five.py",
        """
        from pathlib import Path

        import pytest


        @pytest.mark.parametrize("number", range(4))
        def test_steady(number):
            pass


        def test_now_and_then():
            ran = Path("ran")
            if ran.exists():
                ran.unlink()
                raise AssertionError("Not twice")
            ran.touch()
        """,
    )
    return project


def soaked(suite, runs, *arguments, seed=None) -> list[Run]:
    return list(
        soak.soak(
            THIS,
            runs,
            arguments=(*ALONE, *arguments, "tests/test_five.py"),
            seed=seed,
            root=suite.root,
        )
    )


def test_what_fails_now_and_then_is_counted_and_can_be_repeated(suite):
    runs = soaked(suite, 4)

    assert [run.busy for run in runs] == [False, True, False, True]
    first, second, third = summary(runs)[:3]
    assert first == "2 of 4 runs: tests/test_five.py::test_now_and_then"
    assert second == f"    {runs[1]}"
    assert third == f"    {runs[3]}"
    log = (suite.root / runs[1].log).read_text()
    assert f"seed {runs[1].seed}" in str(runs[1])
    assert f"--random-order-seed={runs[1].seed}" in log
    assert "AssertionError: Not twice" in log


def test_a_seed_gives_the_same_order_again(suite):
    def orders(seed, runs):
        return [
            [
                line.split(" ")[0]
                for line in (suite.root / run.log).read_text().splitlines()
                if line.endswith("%]")
            ]
            for run in soaked(suite, runs, "-vv", seed=seed)
        ]

    before, again = orders(7, 2)
    (other,) = orders(8, 1)

    assert before == again
    assert before != other
    assert sorted(before) == sorted(other)


def test_nothing_failed_is_said_too(suite):
    runs = soaked(suite, 1)
    assert summary(runs) == ["Nothing failed in 1 runs."]


@pytest.mark.parametrize(
    "text", ["import nothing_such", "import os\nos._exit(3)"]
)
def test_a_run_that_came_to_no_test_counts_as_failed(suite, text):
    suite.write("tests/test_five.py", text)
    (run,) = soaked(suite, 1)
    assert run.failed


def test_the_busy_processes_end_with_a_soak_that_is_killed(suite):
    suite.write(
        "tests/test_five.py",
        """
        import os
        import subprocess
        import time
        from pathlib import Path


        def test_it():
            soak = os.getppid()
            listing = ["ps", "-axo", "pid=,ppid="]
            said = subprocess.check_output(listing, text=True)
            children = [
                pid
                for pid, parent in map(str.split, said.splitlines())
                if parent == str(soak) and pid != str(os.getpid())
            ]
            if children:
                Path("children.new").write_text(" ".join(children))
                Path("children.new").rename("children")
                while os.getppid() == soak:
                    time.sleep(0.1)
        """,
    )
    program = """
        import sys
        from pathlib import Path
        from tests.soak import soak
        list(soak({"3": Path(sys.executable)}, 2, arguments=sys.argv[2:],
                  root=Path(sys.argv[1])))
    """
    command = [sys.executable, "-c", textwrap.dedent(program), suite.root]
    told = suite.root / "children"

    with running(
        [*map(str, command), *ALONE, "tests/test_five.py"], cwd=ROOT
    ) as process:
        until(told.exists)
        process.send_signal(signal.SIGKILL)

    busy = told.read_text().split()
    assert len(busy) == 2
    until(lambda: not any(map(is_alive, busy)))


def is_alive(pid):
    """A zombie is not."""
    listing = ["ps", "-o", "stat=", "-p", pid]
    state = subprocess.run(
        listing, check=False, capture_output=True, text=True
    ).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_a_python_is_found_by_its_version():
    version = version_of(sys.executable)
    minor = ".".join(version.split(".")[:2])
    for wanted in (version, minor):
        assert version_of(interpreter(wanted)).startswith(minor)


def test_a_python_that_is_not_there_is_named():
    with pytest.raises(SoakError, match=r"There is no Python 2\.0: install"):
        interpreters(["2.0"])


def test_the_oldest_and_the_newest_take_turns_if_none_is_named(monkeypatch):
    there = {"3.11": "python3.11", "3.12": "python3.12", "3.13": "python3.13"}
    monkeypatch.setattr(soak, "interpreter", there.get)
    assert interpreters([]) == ["python3.11", "python3.13"]
    monkeypatch.setattr(soak, "interpreter", {"3.12": "python3.12"}.get)
    assert interpreters([]) == ["python3.12"]
