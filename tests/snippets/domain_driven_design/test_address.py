"""Address: fields that are only valid together."""

import copy
import pickle
from contextlib import suppress
from dataclasses import FrozenInstanceError, replace

import pytest

from snippets.domain_driven_design.address import (
    MAX_LENGTH,
    Address,
    InvalidAddressError,
)
from tests.support.twins import fix_and_twin

HOME = Address(
    recipient=" Ada Lovelace ",
    street="12 St James's Square",
    postal_code="SW1Y 4JH",
    city="London",
    country="GB",
)


@fix_and_twin(
    "name",
    "address",
    "address_broken",
    "A customer moves, and last year's invoices show the new address",
)
def test_an_old_order_keeps_the_address_it_was_sent_to(name, load):
    home = load(name).Address(
        recipient="Ada Lovelace",
        street="12 St James's Square",
        postal_code="SW1Y 4JH",
        city="London",
        country="GB",
    )
    last_years_order = {"number": 4711, "ship_to": home}

    with suppress(FrozenInstanceError):
        home.street = "1 Ockham Park"

    assert last_years_order["ship_to"].street == "12 St James's Square"


def test_surrounding_white_space_is_dropped():
    assert HOME.recipient == "Ada Lovelace"


def test_two_spellings_of_one_letter_make_one_address():
    composed, decomposed = "M\u00fcnchen", "Mu\u0308nchen"
    assert replace(HOME, city=composed) == replace(HOME, city=decomposed)


def test_a_copy_is_the_same_address():
    for same in (
        pickle.loads(pickle.dumps(HOME)),  # noqa: S301 - our own
        copy.deepcopy(HOME),
    ):
        assert same == HOME
        assert hash(same) == hash(HOME)


@pytest.mark.parametrize("name", ["Q", "Q" * MAX_LENGTH])
def test_a_name_may_be_as_short_or_as_long_as_a_line(name):
    assert replace(HOME, recipient=name).recipient == name


def test_equal_fields_make_an_equal_address():
    assert replace(HOME) == HOME


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"city": "  "}, "city is not one line"),
        ({"city": "x" * 101}, "city is not one line"),
        ({"recipient": "Ada\nEve"}, "recipient is not one line"),
        ({"street": "1 St\u2028James"}, "street is not one line"),
        ({"street": "1 St\x00James"}, "street is not one line"),
        ({"street": "1 St\tJames"}, "street is not one line"),
        ({"city": "\x1b[2JLondon"}, "city is not one line"),
        ({"city": "\N{ZERO WIDTH SPACE}"}, "city is not one line"),
        ({"city": "\N{RIGHT-TO-LEFT OVERRIDE}nodnoL"}, "city is not one line"),
        ({"city": "\ud800"}, "city is not one line"),
        ({"country": "XX"}, "do not ship to 'XX'"),
        ({"postal_code": "10115"}, "no postal code in GB"),
        ({"country": "DE", "postal_code": "101150"}, "no postal code in DE"),
        (
            {"country": "DE", "postal_code": "\N{ARABIC-INDIC DIGIT ONE}" * 5},
            "no postal code in DE",
        ),
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


def test_a_change_is_a_new_address_and_validated_as_a_whole():
    with pytest.raises(InvalidAddressError, match="no postal code in DE"):
        replace(HOME, city="Berlin", country="DE")


def test_whoever_catches_value_errors_catches_an_impossible_address():
    with pytest.raises(ValueError, match="not one line"):
        replace(HOME, city="")


def test_no_field_is_taken_for_another():
    with pytest.raises(TypeError):
        Address("Ada", "1 Ockham Park", "SW1Y 4JH", "London", "GB")


def test_an_address_cannot_be_edited():
    with pytest.raises(FrozenInstanceError):
        HOME.city = "Paris"
