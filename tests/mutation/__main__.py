"""``python -m tests.mutation [--topic …] [--module …]``.

Each mutant is judged by the tests that ran its line in the last ``make test``,
those of the module's own file first, until one fails. The servers are started
once. What was judged against the same module and the same tests is not tried
again, so a run that was interrupted goes on where it was.
"""

import argparse
import fcntl
import multiprocessing
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

from guide.evidence.mutants import (
    EQUIVALENT,
    SURVIVED,
    Report,
    Verdict,
    load,
    score,
)
from guide.evidence.report import (
    PROVES,
    Evidence,
    ModuleRun,
    text_digest,
    topic_digest,
)
from guide.evidence.report import load as load_evidence
from guide.layout import ROOT, mirror_of, module_name
from guide.snippets.source import read
from tests.mutation.mutants import Mutant
from tests.mutation.targets import (
    digest,
    equivalents,
    mutants_of,
    shown_lines,
    stale_equivalents,
)
from tests.mutation.worker import (
    OURS,
    Task,
    Tests,
    adopt_orphans,
    become_worker,
    end_descendants,
    failing,
    try_mutant,
)
from tests.support.servers import QUICK, SLOW, Servers

COPIES = Path("build/mutants")
NOT_COPIED = {"build", "site"}
MOST = 20  # seconds of tests: the quickest ones


class Run:
    """Tries the mutants of one module after another."""

    def __init__(self, root: Path, evidence: Evidence, report: Report) -> None:
        self._root, self._evidence, self._report = root, evidence, report
        self._equivalents = equivalents(root)
        self.findings: list[str] = list(stale_equivalents(root))

    def module(self, pool, path: Path, mutants: list[Mutant]) -> list[Verdict]:
        """A verdict each; the last run's, where nothing it rests on changed."""
        text = read(path, self._root).text
        before = {
            (each.line, each.operator, each.diff): each
            for each in self._report.modules.get(path.as_posix(), [])
        }
        verdicts, tasks = [], []
        for mutant in mutants:
            tests = self._tests(path, mutant)
            new = Verdict(mutant.line, mutant.operator, mutant.diff(text), "")
            old = before.get((new.line, new.operator, new.diff), new)
            if old.against == self._against(path, tests, old.test):
                verdicts.append(old)
            else:
                verdicts.append(new)
                tasks.append((Task(path, mutant, tests), new))
        self._try(pool, tasks)
        for mutant, verdict in zip(mutants, verdicts, strict=True):
            self._excuse(path, mutant, verdict)
        return verdicts

    def servers(self, chosen: dict[Path, list[Mutant]]) -> list[str]:
        """Those that the tests of these mutants use."""
        tests = {
            name
            for path, mutants in chosen.items()
            for mutant in mutants
            for stage in [self._tests(path, mutant)]
            for name in [*stage.own, *stage.others]
        }
        used = {
            each
            for name in tests
            for each in self._evidence.tests[name].servers
        }
        return [name for name in (*QUICK, *SLOW) if name in used]

    def _tests(self, path: Path, mutant: Mutant) -> Tests:
        """Those that ran its line, if lines are as they were; or the module.

        What takes effect on import: those of the module and of its importers.
        The rest of the module's own file comes last: what a test file makes
        on import, coverage ascribes to no test.
        """
        evidence = self._evidence
        run = evidence.modules.get(path.as_posix(), ModuleRun())
        mirror = mirror_of(path, self._root).as_posix()
        is_same = run.digest == text_digest(read(path, self._root).text)
        ran = set(run.elsewhere)
        if is_same and not mutant.declares:
            ran.update(run.lines.get(mutant.statement, ()))
        else:
            ran.update(run.tests(0, sys.maxsize))
        if mutant.declares:
            for name, other in evidence.modules.items():
                if path in siblings(Path(name), self._root):
                    ran.update(other.tests(0, sys.maxsize))
        rest = {
            name for name in evidence.tests if name.startswith(f"{mirror}::")
        }
        own = self._quickest(name for name in ran if name in rest)
        others = self._quickest(ran - rest)
        own.update(self._quickest(rest - ran))
        return Tests(mirror, own, others, frozenset(evidence.tests))

    def _quickest(self, names: Iterable[str]) -> dict[str, float]:
        """Those that passed, and their seconds, up to `MOST` in all."""
        outcomes = {name: self._evidence.tests[name] for name in names}
        found, spent = {}, 0.0
        for name, outcome in sorted(
            outcomes.items(), key=lambda item: item[1].seconds
        ):
            spent += outcome.seconds
            if outcome.status in PROVES and (not found or spent < MOST):
                found[name] = outcome.seconds
        return found

    def _try(self, pool, tasks: list[tuple[Task, Verdict]]) -> None:
        if not tasks:
            return
        results = pool.map(try_mutant, [task for task, _ in tasks])
        for (task, verdict), (status, test) in zip(tasks, results, strict=True):
            verdict.status, verdict.test = status, test
            verdict.against = self._against(task.path, task.tests, test)
        killers = {each.test for _, each in tasks if each.status != SURVIVED}
        names = sorted(name for name in killers if name.startswith("tests"))
        bad = set(pool.submit(failing, tasks[0][0].tests, names).result())
        for name in sorted(bad):
            self.findings.append(f"{name} fails without any mutant")
        self._try(
            pool,
            [
                (replace(task, tests=task.tests.without(bad)), verdict)
                for task, verdict in tasks
                if verdict.test in bad
            ],
        )

    def _against(self, path: Path, tests: Tests, test: str) -> str:
        """A kill holds while module and test do, a survival while all do."""
        names = [test] if "::" in test else [*tests.own, *tests.others]
        files = {Path(name.partition("::")[0]) for name in names}
        return digest(self._root, {path, *files, Path(tests.mirror)}, *names)

    def _excuse(self, path: Path, mutant: Mutant, verdict: Verdict) -> None:
        if verdict.status == EQUIVALENT:  # perhaps no longer listed
            verdict.status, verdict.reason = SURVIVED, ""
        for entry in self._equivalents:
            if not entry.covers(path, mutant, self._root):
                continue
            if verdict.status == SURVIVED:
                verdict.status, verdict.reason = EQUIVALENT, entry.reason
            elif verdict.status != EQUIVALENT:
                self.findings.append(
                    f"{path}:{verdict.line}: listed as equivalent, but killed"
                    f" by {verdict.test}: {entry.operator} in `{entry.line}`"
                )


def siblings(path: Path, root: Path) -> tuple[Path, ...]:
    return read(path, root).siblings if (root / path).exists() else ()


def imported(paths: Iterable[Path], root: Path) -> set[str]:
    """The libraries that these modules, and all tests and plugins, import."""
    tests = {path.relative_to(root) for path in root.glob("tests/**/*.py")}
    files = tests.union(paths)
    names = {name for file in files for name in read(file, root).imports}
    plugins = {each.module for each in entry_points(group="pytest11")}
    return {
        name for name in names | plugins if name.partition(".")[0] not in OURS
    }


@contextmanager
def copies(root: Path, jobs: int) -> Iterator[Path]:
    """A copy of the tree for each worker, and one that stays as it is."""
    folder = root / COPIES
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one run at a time
        names = [*map(str, range(jobs)), "clean"]
        for name in names:
            copy_tree(root, folder / name)
        names += [f"tmp-{number}" for number in range(jobs)]
        try:
            yield folder / "clean"
        finally:
            for name in names:
                shutil.rmtree(folder / name, ignore_errors=True)


@contextmanager
def workers(
    folder: Path, jobs: int, names: list[str], libraries: set[str]
) -> Iterator[ProcessPoolExecutor]:
    """Servers, and processes with a copy of the tree each."""
    adopt_orphans()
    servers = Servers()
    servers.start(*names)
    servers.wait(*names)
    context = multiprocessing.get_context("fork")
    numbers = context.SimpleQueue()
    for number in range(jobs):
        numbers.put(number)
    arguments = folder, libraries, servers.urls, numbers
    pool = ProcessPoolExecutor(jobs, context, become_worker, arguments)
    try:
        yield pool
        pool.shutdown()
    finally:
        end_descendants()  # nobody waits for what they are at
        servers.stop()


def copy_tree(root: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in root.iterdir():
        if path.name in NOT_COPIED or path.name.startswith("."):
            continue
        if path.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(path, target / path.name, ignore=ignored)
        else:
            shutil.copy2(path, target)
    (target / ".venv").symlink_to(sys.prefix)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("--topic", default="", help="this topic only")
    parser.add_argument("--module", default="", help="topic.module: only these")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--root", type=Path, default=ROOT)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    root = options.root
    evidence, report = load_evidence(root), load(root)
    if evidence is None:
        sys.stderr.write("Which test runs which line? Run make test first.\n")
        return 1
    started, only = time.monotonic(), options.module.split()
    with copies(root, options.jobs) as clean:
        shown = shown_lines(clean)
        chosen = {
            path: mutants_of(path, lines, clean)
            for path, lines in shown.items()
            if options.topic in {"", path.parts[1]}
            and (
                not only or module_name(path).removeprefix("snippets.") in only
            )
        }
        topics = {path.parts[1]: "" for path in chosen}
        for topic in topics:
            topics[topic] = topic_digest(topic, clean)
        run = Run(clean, evidence, report)
        servers, libraries = run.servers(chosen), imported(chosen, clean)
        with workers(clean.parent, options.jobs, servers, libraries) as pool:
            for path, found in chosen.items():
                verdicts = run.module(pool, path, found)
                report.modules[path.as_posix()] = verdicts
                report.save(root)
                tell(path, verdicts, time.monotonic() - started)
    for gone in report.modules.keys() - {path.as_posix() for path in shown}:
        del report.modules[gone]
    if not options.module:
        report.topics.update(topics)
    for topic in topics:
        counts = Counter(each.status for each in report.of_topic(topic))
        sys.stdout.write(f"{topic}: {dict(counts)}, {score(counts):.1f} %\n")
    report.save(root)
    for finding in run.findings:
        sys.stdout.write(f"{finding}\n")
    survived = any(
        each.status == SURVIVED
        for path in chosen
        for each in report.modules[path.as_posix()]
    )
    return 1 if survived or run.findings else 0


def tell(path: Path, verdicts: list[Verdict], took: float) -> None:
    counts = Counter(each.status for each in verdicts)
    sys.stdout.write(f"[{took:5.0f} s] {path}: {dict(counts)}\n")
    for each in verdicts:
        if each.status == SURVIVED:
            sys.stdout.write(f"  {path}:{each.line} {each.operator}\n")
            sys.stdout.writelines(
                f"    {line}\n" for line in each.diff.splitlines()
            )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
