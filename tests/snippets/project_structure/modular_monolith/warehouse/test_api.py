"""The warehouse's api: what other modules can count on."""

import pytest

from snippets.project_structure.modular_monolith.warehouse.api import (
    InsufficientStockError,
    Warehouse,
)


def test_deliveries_add_up():
    warehouse = Warehouse()
    warehouse.receive("TEA-1", 2)
    warehouse.receive("TEA-1", 3, damaged=1)

    warehouse.reserve("TEA-1", 4)

    with pytest.raises(InsufficientStockError, match="TEA-1: 0 left"):
        warehouse.reserve("TEA-1", 1)


def test_what_never_came_cannot_be_reserved():
    with pytest.raises(InsufficientStockError, match="TEA-1: 0 left"):
        Warehouse().reserve("TEA-1", 1)


@pytest.mark.parametrize("pieces", [0, -5])
def test_less_than_one_piece_cannot_be_reserved(pieces):
    warehouse = Warehouse()
    with pytest.raises(ValueError, match="Not a number of pieces"):
        warehouse.reserve("TEA-1", pieces)
    with pytest.raises(InsufficientStockError, match="TEA-1: 0 left"):
        warehouse.reserve("TEA-1", 1)
