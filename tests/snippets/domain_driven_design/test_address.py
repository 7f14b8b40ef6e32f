"""Address: fields that are only valid together."""

from dataclasses import replace

import pytest

from snippets.domain_driven_design.address import Address, InvalidAddressError

HOME = Address(
    recipient=" Ada Lovelace ",
    street="12 St James's Square",
    postal_code="SW1Y 4JH",
    city="London",
    country="GB",
)


def test_surrounding_white_space_is_dropped():
    assert HOME.recipient == "Ada Lovelace"


def test_equal_fields_make_an_equal_address():
    assert replace(HOME) == HOME


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"city": "  "}, "city is empty"),
        ({"country": "XX"}, "do not ship to 'XX'"),
        ({"postal_code": "10115"}, "no postal code in GB"),
        ({"country": "DE", "postal_code": "10115\n0"}, "no postal code in DE"),
    ],
)
def test_no_parcel_goes_to_an_impossible_address(change, message):
    with pytest.raises(InvalidAddressError, match=message):
        replace(HOME, **change)


@pytest.mark.parametrize(
    ("country", "postal_code"),
    [("DE", "10115"), ("NL", "1012 JS"), ("US", "20500"), ("US", "20500-0003")],
)
def test_each_country_has_its_own_postal_codes(country, postal_code):
    there = replace(HOME, country=country, postal_code=postal_code)
    assert there.postal_code == postal_code


def test_an_address_is_replaced_and_never_edited():
    with pytest.raises(AttributeError):
        HOME.city = "Paris"
