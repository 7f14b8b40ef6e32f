"""Checkout: through the warehouse's api, or around it."""

import shutil

import pytest

from guide.layout import ROOT
from snippets.project_structure.modular_monolith.ordering import (
    checkout,
    checkout_broken,
)
from snippets.project_structure.modular_monolith.warehouse.api import (
    InsufficientStockError,
    Warehouse,
)
from snippets.project_structure.modular_monolith.warehouse.shelf import Shelf
from tests.support.twins import fix_and_twin

ORDERING = ROOT / "snippets/project_structure/modular_monolith/ordering"


def a_checkout(pieces, damaged):
    warehouse = Warehouse()
    warehouse.receive("TEA-1", pieces, damaged)
    return checkout.Checkout(warehouse)


def a_reaching_checkout(pieces, damaged):
    return checkout_broken.Checkout({"TEA-1": Shelf(pieces, damaged)})


def can_order(shop, pieces):
    try:
        shop.order("TEA-1", pieces)
    except InsufficientStockError:
        return False
    return True


@fix_and_twin(
    "make",
    a_checkout,
    a_reaching_checkout,
    "A customer is sent a damaged piece",
)
def test_damaged_pieces_are_not_sold(make):
    assert not can_order(make(pieces=3, damaged=1), 3)


@pytest.mark.parametrize("make", [a_checkout, a_reaching_checkout])
def test_sound_pieces_are_sold_while_there_are_any(make):
    shop = make(pieces=3, damaged=0)
    assert [can_order(shop, 2) for _ in range(2)] == [True, False]


@fix_and_twin(
    "module",
    "checkout",
    "checkout_broken",
    "lint-imports stops the build: shop.ordering.sale -> shop.warehouse.shelf",
    judged="project_structure.modular_monolith.ordering.checkout_broken",
)
def test_it_keeps_to_the_public_interface(monolith, broken_imports, module):
    shutil.copy(
        ORDERING / f"{module}.py", monolith / "src/shop/ordering/sale.py"
    )
    assert broken_imports(monolith) == set()


def test_the_contract_check_names_the_reaching_import(monolith, broken_imports):
    shutil.copy(
        ORDERING / "checkout_broken.py",
        monolith / "src/shop/ordering/sale.py",
    )
    assert broken_imports(monolith) == {
        "shop.ordering.sale -> shop.warehouse.shelf"
    }


def test_a_name_that_the_api_passes_on_is_refused_by_mypy_alone(
    monolith, broken_imports, run
):
    sale = monolith / "src/shop/ordering/sale.py"
    sale.write_text("from ..warehouse.api import Shelf\n")

    assert broken_imports(monolith) == set()
    checked = run(
        monolith, "mypy", "--strict", "--cache-dir=/dev/null", str(sale)
    )
    assert 'explicitly export attribute "Shelf"' in checked.stdout


@pytest.mark.parametrize(
    "imports",
    [
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from ..warehouse.shelf import Shelf",
        "def order():\n    from ..warehouse.shelf import Shelf",
        "try:\n    from ..warehouse.shelf import Shelf\n"
        "except ImportError:\n    pass",
    ],
)
def test_an_import_is_named_wherever_it_stands(
    monolith, broken_imports, imports
):
    (monolith / "src/shop/ordering/sale.py").write_text(f"{imports}\n")
    assert broken_imports(monolith) == {
        "shop.ordering.sale -> shop.warehouse.shelf"
    }


def test_what_a_package_passes_on_is_no_way_around(monolith, broken_imports):
    (monolith / "src/shop/warehouse/__init__.py").write_text(
        "from .shelf import Shelf as Shelf\n"
    )
    (monolith / "src/shop/ordering/sale.py").write_text(
        "from ..warehouse import Shelf\n"
    )
    assert broken_imports(monolith) == {"shop.ordering.sale -> shop.warehouse"}


@pytest.mark.parametrize(
    "sale",
    [
        "import importlib\n\n"
        'SHELF = importlib.import_module("shop.warehouse.shelf")\n',
        "import shop.warehouse.api\n\nSHELF = shop.warehouse.shelf.Shelf\n",
    ],
    ids=["call", "attribute"],
)
def test_a_call_and_an_attribute_are_seen_by_nobody(
    monolith, broken_imports, run, sale
):
    file = monolith / "src/shop/ordering/sale.py"
    file.write_text(sale)

    assert broken_imports(monolith) == set()
    checked = run(
        monolith, "mypy", "--strict", "--cache-dir=/dev/null", str(file)
    )
    assert checked.returncode == 0, checked.stdout


def test_a_new_module_is_protected_from_its_first_day(monolith, broken_imports):
    billing = monolith / "src/shop/billing"
    billing.mkdir()
    (billing / "__init__.py").touch()
    (billing / "ledger.py").touch()
    assert broken_imports(monolith) == set()

    (billing / "api.py").touch()
    (monolith / "src/shop/ordering/sale.py").write_text(
        "from ..billing import api, ledger\n"
    )
    assert broken_imports(monolith) == {
        "shop.ordering.sale -> shop.billing.ledger"
    }


def test_modules_that_never_met_break_nothing(monolith, broken_imports):
    (monolith / "src/shop/ordering/checkout.py").write_text("")
    assert broken_imports(monolith) == set()


def test_the_composition_root_too_sees_each_api_only(monolith, broken_imports):
    (monolith / "src/shop/main.py").write_text(
        "from .ordering.checkout import Checkout\n"
        "from .warehouse.api import Warehouse\n"
    )
    assert broken_imports(monolith) == {"shop.main -> shop.ordering.checkout"}


def test_a_circle_of_modules_is_named(monolith, broken_imports):
    (monolith / "src/shop/ordering/api.py").touch()
    (monolith / "src/shop/warehouse/restock.py").write_text(
        "from ..ordering import api\n"
    )
    assert broken_imports(monolith) == {".warehouse -> .ordering"}
