"""Turn what coverage.py measured into what ran each statement, and what not."""

import ast
from collections.abc import Mapping
from pathlib import Path

from coverage import Coverage

from guide.evidence.report import PROVES, ModuleRun, Outcome, text_digest
from guide.layout import BENCHES, ROOT
from guide.snippets.source import read


def measured() -> Coverage | None:
    """What the run in this folder measured; None if it did not."""
    coverage = Coverage()
    coverage.load()
    data = Path(coverage.get_data().data_filename())
    return coverage if data.exists() else None


def module_runs(
    coverage: Coverage,
    tests: Mapping[str, Outcome],
    root: Path = ROOT,
) -> dict[str, ModuleRun]:
    """One entry for each Python module that was to be measured.

    A bench runs lines and asks of them only that the ways come to the same.
    """
    paths = {
        Path(file).relative_to(root.resolve()): file
        for file in coverage.get_data().measured_files()
    }
    return {
        path.as_posix(): _module_run(path, paths[path], coverage, tests, root)
        for path in sorted(paths)
    }


def _module_run(
    path: Path,
    file: str,
    coverage: Coverage,
    tests: Mapping[str, Outcome],
    root: Path,
) -> ModuleRun:
    module = read(path, root)
    _, statements, _, missing, _ = coverage.analysis2(file)
    run = ModuleRun(unrun=missing, digest=text_digest(module.text))
    in_functions = function_lines(module.tree)
    contexts = coverage.get_data().contexts_by_lineno(file)
    for line in sorted({*statements} - {*missing}):
        proving = sorted(
            {
                test
                for context in contexts.get(line, [])
                if (test := context.partition("|")[0]) in tests
                and tests[test].status in PROVES
                and not test.startswith(BENCHES.as_posix())
            }
        )
        run.lines[line] = proving
        if line in in_functions and not proving:
            run.unrun.append(line)
    run.partial = sorted(
        {
            line
            for line, (exits, taken) in coverage.branch_stats(file).items()
            if taken < exits
        }
        - set(run.unrun)
    )
    run.unrun.sort()
    return run


def function_lines(tree: ast.Module) -> set[int]:
    """Lines that run when something is called, not when it is imported."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in node.body
        for line in range(
            statement.lineno, (statement.end_lineno or statement.lineno) + 1
        )
    }
