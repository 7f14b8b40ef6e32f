"""Bounded contexts: they share a message, and no class."""

from dataclasses import FrozenInstanceError, fields

import pytest

from snippets.domain_driven_design.bounded_contexts import (
    CatalogueProduct,
    ProductListed,
    WarehouseProduct,
    expect_product,
)


def test_what_the_catalogue_lists_the_warehouse_expects():
    desk = CatalogueProduct("DESK", "Oak desk", "Solid oak.", 31_000)
    assert not desk.is_listed

    expected = expect_product(desk.list_for_sale())

    assert desk.is_listed
    assert expected == WarehouseProduct("DESK", 31_000, bin_location=None)
    assert expected.needs_two_people


@pytest.mark.parametrize(("grams", "two"), [(25_000, False), (25_001, True)])
def test_one_person_lifts_25_kilograms(grams, two):
    assert WarehouseProduct("DESK", grams).needs_two_people is two


def test_a_message_cannot_be_edited_on_its_way():
    with pytest.raises(FrozenInstanceError):
        ProductListed("MUG", 300).weight_in_grams = 0


def test_the_message_carries_no_text_of_the_catalogue():
    assert {field.name for field in fields(ProductListed)} == {
        "sku",
        "weight_in_grams",
    }
