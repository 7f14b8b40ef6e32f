"""The shelf, inside the warehouse."""

from snippets.project_structure.modular_monolith.warehouse.shelf import Shelf


def test_damaged_pieces_are_not_for_sale():
    assert Shelf(on_hand=3, damaged=1).for_sale == 2
