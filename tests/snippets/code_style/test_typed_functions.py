"""Typed functions: a caller with the wrong type hears of it before it runs."""

import shutil
from decimal import Decimal

import pytest

from guide.layout import ROOT
from snippets.code_style import typed_functions, typed_functions_broken
from snippets.code_style.typed_functions import grouped
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize(
    "module", [typed_functions, typed_functions_broken]
)


@fix_and_twin(
    "module",
    typed_functions,
    typed_functions_broken,
    "Two articles at 19.99 cost 19.9919.99, and mypy by "
    "default has no objection",
    judged="code_style.typed_functions_broken",
)
def test_mypy_refuses_a_price_that_is_text(module, mypy):
    findings = mypy(
        f"from {module.__name__} import line_total\nline_total('19.99', 2)\n",
        "--follow-imports=silent",
    )
    assert any("arg-type" in finding for finding in findings)


@both
def test_two_units_cost_twice_as_much(module):
    assert module.line_total(Decimal("19.99"), 2) == Decimal("39.98")


def test_without_types_text_is_repeated():
    assert typed_functions_broken.line_total("19.99", 2) == "19.9919.99"


def test_groups_keep_the_order_of_their_items():
    assert grouped(["tea", "cup", "tee"], key=lambda sku: sku[0]) == {
        "t": ["tea", "tee"],
        "c": ["cup"],
    }


def test_what_mypy_sees_of_the_twins(mypy_on, tmp_path):
    shop = tmp_path / "shop"
    shutil.copytree(
        ROOT / "snippets" / "code_style",
        shop,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    findings = mypy_on(sorted(shop.glob("*_broken.py")))

    assert len(findings) >= 22
    assert {file.stem: found for file, found in findings.items() if found} == {
        "guard_clauses_broken": {"return: Missing return statement"},
        "typed_functions_broken": {
            "no-untyped-def: Function is missing a type annotation"
        },
    }


MISTAKES = {
    "exhaustive-match": (
        "from enum import Enum\n"
        "class Status(Enum):\n    OPEN = 1\n    PAID = 2\n"
        "def label(status: Status) -> str:\n"
        "    match status:\n"
        "        case Status.OPEN:\n            return 'open'\n"
        "    return 'other'\n"
    ),
    "ignore-without-code": "n: int = 'a'  # type: ignore\n",
    "possibly-undefined": (
        "def f(paid: bool) -> int:\n"
        "    if paid:\n        total = 1\n"
        "    return total\n"
    ),
    "redundant-expr": (
        "def f(n: int) -> int:\n    return 1 if isinstance(n, int) else 2\n"
    ),
    "truthy-bool": (
        "class Basket: ...\n"
        "def f(basket: Basket) -> int:\n"
        "    if basket:\n        return 1\n"
        "    return 2\n"
    ),
    "unused-awaitable": (
        "import asyncio\n"
        "async def pay(charge: asyncio.Future[int]) -> None:\n"
        "    charge\n"
        "    asyncio.gather(charge)\n"
    ),
    "unreachable": (
        "def f(n: int) -> int:\n"
        "    if isinstance(n, int):\n        return 1\n"
        "    return 2\n"
    ),
}


def test_the_settings_catch_what_strict_misses(mypy_on, tmp_path):
    modules = {
        tmp_path / f"{code.replace('-', '_')}.py": code for code in MISTAKES
    }
    for module, code in modules.items():
        module.write_text(MISTAKES[code])

    strict = mypy_on(list(modules), "--strict")
    settings = mypy_on(list(modules))

    assert not any(strict.values()), strict
    assert {
        module: {finding.partition(":")[0] for finding in findings}
        for module, findings in settings.items()
    } == {module: {code} for module, code in modules.items()}
