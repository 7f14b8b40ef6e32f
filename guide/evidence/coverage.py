"""Turn coverage.py's JSON report into what ran each statement, and what not."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guide.evidence.report import PROVES, ModuleRun, Outcome, text_digest
from guide.layout import ROOT
from guide.snippets.source import read


def module_runs(
    report: Mapping[str, Any],
    tests: Mapping[str, Outcome],
    root: Path = ROOT,
) -> dict[str, ModuleRun]:
    """One entry for each Python module in the report (``coverage json``)."""
    return {
        Path(path).as_posix(): _module_run(Path(path), measured, tests, root)
        for path, measured in report["files"].items()
    }


def _module_run(
    path: Path,
    measured: Mapping[str, Any],
    tests: Mapping[str, Outcome],
    root: Path,
) -> ModuleRun:
    module = read(path, root)
    run = ModuleRun(
        unrun=list(measured["missing_lines"]), digest=text_digest(module.text)
    )
    in_functions = function_lines(module.tree)
    contexts = measured.get("contexts", {})
    for line in measured["executed_lines"]:
        proving = sorted(
            {
                test
                for context in contexts.get(str(line), [])
                if (test := context.partition("|")[0]) in tests
                and tests[test].status in PROVES
            }
        )
        run.lines[line] = proving
        if line in in_functions and not proving:
            run.unrun.append(line)
    run.partial = sorted(
        {source for source, _ in measured.get("missing_branches", [])}
        - set(run.unrun)
    )
    run.unrun.sort()
    return run


def function_lines(tree: ast.Module) -> set[int]:
    """Lines that run when something is called, not when it is imported."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in node.body:
                lines |= set(
                    range(
                        statement.lineno,
                        (statement.end_lineno or statement.lineno) + 1,
                    )
                )
    return lines
