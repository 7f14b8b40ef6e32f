"""Excerpts: the lines a reference names, and the text that Copy gives."""

from pathlib import Path

import pytest

from guide.layout import modules
from guide.snippets.source import UnknownSnippetError, copy_along, find, read

REPOSITORY = '''
"""Orders on PostgreSQL."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import Select, select

from .money import Money
from . import clock

T = TypeVar("T")
LIMIT = 10  # lines


# An order is small.
@dataclass
class Order:
    lines: list["Line"] = field(default_factory=list)

    def is_full(self) -> bool:
        return len(self.lines) >= LIMIT


class Line:
    price: Money


async def pause() -> None:
    await asyncio.sleep(0)
'''


@pytest.fixture
def shop(project):
    project.write("snippets/pricing/order.py", REPOSITORY)
    project.write("snippets/pricing/money.py", "from .currency import EUR\n")
    project.write("snippets/pricing/currency.py", 'EUR = "EUR"\n')
    project.write("snippets/pricing/clock.py", "import time\n")
    project.write("snippets/pricing/service.toml", 'name = "shop"\n')
    return project.root


def test_a_symbol_is_shown_with_its_decorators(shop):
    excerpt = find("pricing.order:Order", shop)
    assert excerpt.text.startswith("@dataclass\nclass Order:")
    assert excerpt.text.endswith(">= LIMIT\n")


def test_a_method_is_shown_alone(shop):
    excerpt = find("pricing.order:Order.is_full", shop)
    assert excerpt.text == (
        "    def is_full(self) -> bool:\n"
        "        return len(self.lines) >= LIMIT\n"
    )


def test_copy_brings_the_imports_and_definitions_it_uses_and_no_more(shop):
    assert find("pricing.order:Order", shop).copied == (
        "from dataclasses import dataclass, field\n"
        "\n"
        "from .money import Money\n"
        "\n"
        "LIMIT = 10  # lines\n"
        "\n\n"
        "# An order is small.\n"
        "@dataclass\n"
        "class Order:\n"
        '    lines: list["Line"] = field(default_factory=list)\n'
        "\n"
        "    def is_full(self) -> bool:\n"
        "        return len(self.lines) >= LIMIT\n"
        "\n\n"
        "class Line:\n"
        "    price: Money\n"
    )


def test_copying_a_method_gives_its_class(shop):
    method = find("pricing.order:Order.is_full", shop)
    assert method.copied == find("pricing.order:Order", shop).copied


def test_an_import_is_cut_to_the_names_in_use(shop):
    assert find("pricing.order:T", shop).copied == (
        'from typing import TypeVar\n\nT = TypeVar("T")\n'
    )


def test_copying_all_a_module_defines_gives_the_module(project):
    excerpt = find("pricing.shipping:shipping_cost", project.root)
    assert excerpt.copied.startswith('"""Shipping: free')


def test_a_module_names_what_must_be_copied_along(shop):
    assert [
        path.name
        for path in copy_along(Path("snippets/pricing/order.py"), shop)
    ] == [
        "clock.py",
        "currency.py",
        "money.py",
    ]


def test_a_module_names_what_must_be_installed(shop):
    module = read(Path("snippets/pricing/order.py"), shop)
    assert module.distributions == ("SQLAlchemy",)


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ('ENGINE = make("postgresql+asyncpg://")\n', {"asyncpg"}),
        ('URL = "postgresql+psycopg://db/shop?a=b"\n', {"psycopg"}),
        ('"""Says postgresql+asyncpg:// in passing."""\n', set()),
        ("from zoneinfo import ZoneInfo\n", {"tzdata"}),
        ("import zoneinfo\n", {"tzdata"}),
    ],
)
def test_a_module_names_what_no_import_says(project, code, needed):
    project.write("snippets/pricing/rates.py", code)
    module = read(Path("snippets/pricing/rates.py"), project.root)
    assert module.unimported == needed


def test_a_file_in_another_language_is_shown_whole(shop):
    excerpt = find("pricing/service.toml", shop)
    assert excerpt.text == 'name = "shop"\n'
    assert not excerpt.is_python


@pytest.mark.parametrize(
    "reference",
    [
        "pricing.shipping:nothing",
        "pricing.nothing:Order",
        "pricing.order:Order.nothing",
        "pricing.order:pause.nothing",
        "pricing/nothing.toml",
        "../../etc/hostname.txt/",
    ],
)
def test_a_reference_to_nothing_is_an_error(shop, reference):
    with pytest.raises(UnknownSnippetError, match=r"nothing|no file"):
        find(reference, shop)


def test_every_module_is_listed_once(project):
    assert [path.name for path in modules(project.root)] == [
        "shipping.py",
        "shipping_broken.py",
    ]


def test_a_module_in_a_folder_names_those_of_another_folder(project):
    project.write(
        "snippets/pricing/quotes/quote.py",
        """
        from ..rates.tax import rate
        from ..shipping import shipping_cost
        from . import text
        """,
    )
    for name in ("rates/tax", "quotes/text"):
        project.write(f"snippets/pricing/{name}.py", "rate = 19\n")
    assert copy_along(
        Path("snippets/pricing/quotes/quote.py"), project.root
    ) == [
        Path("snippets/pricing/quotes/text.py"),
        Path("snippets/pricing/rates/tax.py"),
        Path("snippets/pricing/shipping.py"),
    ]


def test_a_module_of_a_layer_is_found(project):
    project.write("snippets/shop/domain/order.py", "LIMIT = 10\n")
    excerpt = find("shop.domain.order:LIMIT", project.root)
    assert excerpt.path == Path("snippets/shop/domain/order.py")
