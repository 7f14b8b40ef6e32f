"""Checkout: through the warehouse's api, or around it."""

import shutil

import pytest

from guide.excerpts import ROOT
from snippets.project_structure.modular_monolith.ordering import (
    checkout,
    checkout_broken,
)
from snippets.project_structure.modular_monolith.warehouse.api import (
    InsufficientStockError,
    Warehouse,
)
from snippets.project_structure.modular_monolith.warehouse.shelf import Shelf

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


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(a_checkout, id="fix"),
        pytest.param(
            a_reaching_checkout,
            id="broken",
            marks=pytest.mark.xfail(
                strict=True,
                raises=AssertionError,
                reason="A customer is sent a damaged piece",
            ),
        ),
    ],
)
def test_damaged_pieces_are_not_sold(make):
    assert not can_order(make(pieces=3, damaged=1), 3)


@pytest.mark.parametrize("make", [a_checkout, a_reaching_checkout])
def test_sound_pieces_are_sold_while_there_are_any(make):
    shop = make(pieces=3, damaged=0)
    assert [can_order(shop, 2) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    "module",
    [
        pytest.param("checkout", id="fix"),
        pytest.param(
            "checkout_broken",
            id="broken",
            marks=[
                pytest.mark.xfail(
                    strict=True,
                    raises=AssertionError,
                    reason="lint-imports stops the build: "
                    "shop.ordering.sale -> shop.warehouse.shelf",
                ),
                pytest.mark.child_process(
                    "project_structure.modular_monolith.ordering"
                    ".checkout_broken"
                ),
            ],
        ),
    ],
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


def test_a_circle_of_modules_is_named(monolith, broken_imports):
    (monolith / "src/shop/warehouse/restock.py").write_text(
        "from ..ordering import checkout\n"
    )
    assert broken_imports(monolith) == {".warehouse -> .ordering"}
