"""Bounded contexts: they share a message, and no class."""

from dataclasses import fields

from snippets.domain_driven_design.bounded_contexts import (
    CatalogueProduct,
    ProductListed,
    WarehouseProduct,
    expect_product,
)


def test_what_the_catalogue_lists_the_warehouse_expects():
    desk = CatalogueProduct("DESK", "Oak desk", "Solid oak.", 31_000)

    expected = expect_product(desk.list_for_sale())

    assert desk.is_listed
    assert expected == WarehouseProduct("DESK", 31_000, bin_location=None)
    assert expected.needs_two_people


def test_a_light_product_needs_one_person():
    assert not WarehouseProduct("MUG", 25_000).needs_two_people


def test_the_message_carries_no_text_of_the_catalogue():
    assert {field.name for field in fields(ProductListed)} == {
        "sku",
        "weight_in_grams",
    }
