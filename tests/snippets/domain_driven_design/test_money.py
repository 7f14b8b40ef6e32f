"""Money: exact arithmetic, one currency, and no cent lost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets.domain_driven_design import money_split_broken
from snippets.domain_driven_design.money import (
    LIMIT,
    MINOR_DIGITS,
    CurrencyMismatchError,
    Money,
    minor_unit,
)

currencies = st.sampled_from(sorted(MINOR_DIGITS))
units = st.integers(-(10**12), 10**12)


@st.composite
def amounts(draw, currency=None):
    currency = currency or draw(currencies)
    return Money(draw(units) * minor_unit(currency), currency)


@pytest.mark.parametrize(
    "split",
    [
        pytest.param(
            lambda total, parts: total.allocate(*[1] * parts), id="fix"
        ),
        pytest.param(
            money_split_broken.split,
            id="broken",
            marks=pytest.mark.xfail(
                strict=True,
                raises=AssertionError,
                reason="Three friends pay 9.99 for an order of 10.00",
            ),
        ),
    ],
)
def test_the_parts_make_the_whole(split):
    whole = Money.of("10.00", "EUR")
    assert sum(split(whole, 3), start=Money.of(0, "EUR")) == whole


@given(amounts(), st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_allocation_loses_nothing(whole, ratios):
    if not sum(ratios):
        ratios = [1, *ratios]
    parts = whole.allocate(*ratios)
    assert len(parts) == len(ratios)
    assert sum(parts, start=Money.of(0, whole.currency)) == whole


@given(amounts(), st.lists(st.integers(1, 100), min_size=1, max_size=10))
def test_no_part_is_further_than_one_unit_from_its_share(whole, ratios):
    for part, ratio in zip(whole.allocate(*ratios), ratios, strict=True):
        share = whole.amount * ratio / sum(ratios)
        assert abs(part.amount - share) < minor_unit(whole.currency)


@given(amounts(), st.lists(st.integers(1, 100), min_size=1, max_size=10))
def test_a_refund_is_allocated_like_its_payment(whole, ratios):
    assert (-whole).allocate(*ratios) == [-p for p in whole.allocate(*ratios)]


def test_left_over_units_go_to_the_largest_remainders():
    parts = Money.of("1.00", "EUR").allocate(1, 2, 3)
    assert [part.amount for part in parts] == [
        Decimal("0.17"),
        Decimal("0.33"),
        Decimal("0.50"),
    ]


@pytest.mark.parametrize("ratios", [(), (0, 0), (2, -1)])
def test_impossible_ratios_are_refused(ratios):
    with pytest.raises(ValueError, match="Ratios"):
        Money.of("1.00", "EUR").allocate(*ratios)


@given(amounts(currency="EUR"), amounts(currency="EUR"))
def test_what_is_added_can_be_taken_away(one, other):
    assert one + other - other == one


@given(amounts(currency="EUR"), amounts(currency="EUR"))
def test_order_follows_the_amount(one, other):
    assert (one < other) == (one.amount < other.amount)
    assert (one >= other) == (one.amount >= other.amount)


@given(amounts(), st.integers(0, 100))
def test_multiplying_is_adding_repeatedly(price, quantity):
    total = sum([price] * quantity, start=Money.of(0, price.currency))
    assert price * quantity == total


@pytest.mark.parametrize(
    "operation",
    [
        lambda one, other: one + other,
        lambda one, other: one - other,
        lambda one, other: one < other,
    ],
)
def test_two_currencies_do_not_mix(operation):
    with pytest.raises(CurrencyMismatchError):
        operation(Money.of(1, "EUR"), Money.of(1, "USD"))


def test_equal_amounts_of_two_currencies_differ():
    assert Money.of(1, "EUR") != Money.of(1, "USD")


def test_scale_does_not_matter():
    assert Money.of("1", "EUR") == Money.of("1.00", "EUR")
    assert hash(Money.of("1", "EUR")) == hash(Money.of("1.00", "EUR"))


@pytest.mark.parametrize("amount", [1.0, 1, "1.00"])
def test_only_decimals_become_money(amount):
    with pytest.raises(TypeError, match="Decimal"):
        Money(amount, "EUR")


@pytest.mark.parametrize("quantity", [0.5, Decimal("0.5")])
def test_only_whole_quantities_multiply(quantity):
    with pytest.raises(TypeError, match="rounded"):
        Money.of(1, "EUR") * quantity


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.001", "EUR"),
        ("0.5", "JPY"),
        ("0.0001", "KWD"),
        ("NaN", "EUR"),
        ("Infinity", "EUR"),
        (str(LIMIT), "EUR"),
        ("1", "XXX"),
    ],
)
def test_what_is_no_amount_of_a_currency_is_refused(amount, currency):
    with pytest.raises(ValueError, match=r"minor unit|below|currency"):
        Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.125", "EUR", "0.12"),
        ("0.135", "EUR", "0.14"),
        ("-0.125", "EUR", "-0.12"),
        ("0.5", "JPY", "0"),
        ("1.5", "JPY", "2"),
        ("0.0005", "KWD", "0.000"),
    ],
)
def test_rounding_is_half_to_even(amount, currency, rounded):
    assert Money.rounded(Decimal(amount), currency) == Money.of(
        rounded, currency
    )


def test_money_cannot_be_changed():
    with pytest.raises(AttributeError):
        Money.of(1, "EUR").amount = Decimal(2)
