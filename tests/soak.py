"""Repeat the suite and count what fails: ``python -m tests.soak``, which is
``make soak``.

Every other run shares the machine with two busy processes, and each has a
random order of its own, by a seed that repeats it. The Pythons take turns, each
with what ``requirements.lock`` names, or with the oldest versions that
``pyproject.toml`` allows. Logs go to ``build/soak``.
"""

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from guide.layout import ROOT
from servers.process import running

LOGS = Path("build/soak")
ENVIRONMENTS = Path("build/venvs")
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
UV = Path(sys.executable).with_name("uv")
BUSY = 2
# Ends with whoever started it, however that ends, on macOS too.
SPIN = """
import os, sys
while os.getppid() == int(sys.argv[1]):
    sum(range(100_000))
"""
VERSION = "import platform; print(platform.python_version())"


class SoakError(Exception):
    """One sentence for the reader that says what to do."""


@dataclass
class Run:
    """One run of the suite, and the tests that failed in it."""

    number: int
    python: str
    busy: bool
    seed: int
    log: Path
    failed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        beside = "beside busy processes" if self.busy else "idle"
        return f"Python {self.python}, {beside}, seed {self.seed}: {self.log}"


def version_of(python: str | Path) -> str:
    """``3.11.7``; nothing if it does not run, such as a shim of pyenv's."""
    try:
        return subprocess.run(
            [str(python), "-c", VERSION],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def interpreter(version: str) -> str | None:
    """A Python of this version, ``3.13`` or ``3.13.0``, on the PATH or
    installed by pyenv.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    minor = ".".join(version.split(".")[:2])
    candidates = [
        shutil.which(f"python{minor}"),
        *sorted(map(str, pyenv.glob("versions/*/bin/python")), reverse=True),
    ]
    for python in filter(None, candidates):
        if f"{version_of(python)}.".startswith(f"{version}."):
            return python
    return None


def interpreters(wanted: Sequence[str]) -> list[str]:
    """Those wanted, else the oldest and the newest supported one there is.

    Raises:
        SoakError: one that is wanted is not there.
    """
    if not wanted:
        found = [*filter(None, map(interpreter, SUPPORTED))] or [sys.executable]
        return list(dict.fromkeys([found[0], found[-1]]))
    pythons = []
    for version in wanted:
        if not (python := interpreter(version)):
            raise SoakError(f"There is no Python {version}: install it first.")
        pythons.append(python)
    return pythons


def environment(python: str, *, lowest: bool, root: Path = ROOT) -> Path:
    """The Python of an environment made from this one, up to date.

    Raises:
        SoakError: something could not be installed; uv has said what.
    """
    version = version_of(python)
    folder = root / ENVIRONMENTS / (version + "-lowest" * lowest)
    inside = folder / "bin" / "python"
    requirements = root / "requirements.lock"
    try:
        if version_of(inside) != version:
            uv("venv", "--clear", "--python", python, folder)
        if lowest:
            requirements = folder / "lowest.txt"
            uv(
                *["pip", "compile", "--resolution", "lowest-direct"],
                *["--python", inside, "--no-header"],
                *["--group", "test", "--group", "site", "--group", "check"],
                *["--output-file", requirements, root / "pyproject.toml"],
            )
        uv("pip", "sync", "--python", inside, requirements)
    except subprocess.CalledProcessError as error:
        raise SoakError(
            f"No environment for Python {version}: see above."
        ) from error
    return inside


def uv(*words: object) -> None:
    command = [str(UV), words[0], "--quiet", *words[1:]]
    subprocess.run(
        list(map(str, command)),
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
    )


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many use all the processor time they get, while the block runs."""
    command = [sys.executable, "-c", SPIN, str(os.getpid())]
    with ExitStack() as stack:
        for _ in range(processes):
            stack.enter_context(running(command))
        yield


def soak(
    pythons: Mapping[str, Path],
    runs: int,
    *,
    arguments: Sequence[str] = (),
    seed: int | None = None,
    root: Path = ROOT,
) -> Iterator[Run]:
    """Run the suite so often, and give what came of each run.

    ``pythons`` are interpreters by version. A seed, if given, holds for all.
    """
    shutil.rmtree(root / LOGS, ignore_errors=True)
    (root / LOGS).mkdir(parents=True)
    for number in range(runs):
        version = list(pythons)[number // 2 % len(pythons)]
        run = Run(
            number + 1,
            version,
            busy=number % 2 == 1,
            seed=secrets.randbelow(1_000_000) if seed is None else seed,
            log=LOGS / f"{number + 1:02}.log",
        )
        with busy(BUSY if run.busy else 0):
            run.failed = failed(pythons[version], run, arguments, root)
        yield run


def failed(
    python: Path, run: Run, arguments: Sequence[str], root: Path
) -> list[str]:
    """The tests that failed; what the run came to if it came to none."""
    log = root / run.log
    report = log.with_suffix(".xml")
    command = [
        *[str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        *["--numprocesses=logical", "--dist=worksteal"],
        *[f"--random-order-seed={run.seed}", f"--junit-xml={report}"],
        *arguments,
    ]
    with log.open("w") as output:
        output.write(f"{run}\n{' '.join(command)}\n")
        output.flush()
        with running(
            command, signal.SIGINT, cwd=root, stdout=output, stderr=output
        ) as pytest:
            ended = pytest.wait()
    tests = failures(report) if report.exists() else []
    return tests or ([f"the run itself: status {ended}"] if ended else [])


def failures(report: Path) -> list[str]:
    cases = ElementTree.parse(report).iter("testcase")  # noqa: S314 - pytest's
    return [
        f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]


def summary(runs: Sequence[Run]) -> list[str]:
    """What failed how often, the most frequent first, and in which runs."""
    by_test: dict[str, list[Run]] = {}
    for run in runs:
        for test in dict.fromkeys(run.failed):
            by_test.setdefault(test, []).append(run)
    if not by_test:
        return [f"Nothing failed in {len(runs)} runs."]
    lines = []
    for test in sorted(by_test, key=lambda test: (-len(by_test[test]), test)):
        lines.append(f"{len(by_test[test])} of {len(runs)} runs: {test}")
        lines += [f"    {run}" for run in by_test[test]]
    return [*lines, "Repeat one: make soak RUNS=1 PYTHONS=… SEED=…"]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--pythons", default="", metavar='"3.11 3.13"')
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--lowest", action="store_true", help="the oldest allowed versions"
    )
    parser.add_argument("arguments", nargs="*", help="for pytest")
    options = parser.parse_args()
    runs: list[Run] = []
    status = 0
    try:
        wanted = interpreters(options.pythons.split())
        pythons = {
            version_of(python): environment(python, lowest=options.lowest)
            for python in (wanted[:1] if options.lowest else wanted)
        }
        start = time.monotonic()
        for run in soak(
            pythons,
            options.runs,
            arguments=options.arguments,
            seed=options.seed,
        ):
            runs.append(run)
            took = time.monotonic() - start
            say(f"{len(run.failed)} failed, {took:.0f} s: {run}")
            start = time.monotonic()
    except SoakError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        status = 128 + signal.SIGINT
    for line in summary(runs):
        say(line)
    return status or int(any(run.failed for run in runs))


if __name__ == "__main__":
    sys.exit(main())
