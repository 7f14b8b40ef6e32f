"""Discounts: never a surcharge, never below zero."""

from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets.domain_driven_design.discount import (
    AmountOff,
    PercentageOff,
    best_price,
)
from snippets.domain_driven_design.money import CurrencyMismatchError, Money

ZERO = Money.of(0, "EUR")
prices = st.integers(0, 10**9).map(
    lambda cents: Money(Decimal(cents) / 100, "EUR")
)
percentages = st.decimals(0, 100, places=2).map(PercentageOff)
discounts = st.one_of(percentages, prices.map(AmountOff))


@given(prices, discounts)
def test_a_discounted_price_is_between_zero_and_the_price(price, discount):
    assert ZERO <= discount.apply_to(price) <= price


@given(prices, st.lists(discounts, max_size=5))
def test_the_best_price_is_the_lowest_that_one_discount_gives(price, offers):
    best = best_price(price, offers)
    assert all(best <= offer.apply_to(price) for offer in offers)
    assert best in [price, *(offer.apply_to(price) for offer in offers)]


def test_a_percentage_is_rounded_half_to_even():
    off = PercentageOff(Decimal(50))
    assert off.apply_to(Money.of("0.25", "EUR")) == Money.of("0.13", "EUR")


def test_an_amount_is_taken_off():
    off = AmountOff(Money.of("5.00", "EUR"))
    assert off.apply_to(Money.of("19.99", "EUR")) == Money.of("14.99", "EUR")


@pytest.mark.parametrize(
    "percent",
    [
        "-1",
        "-0.0001",
        "100.01",
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1E+30",
    ],
)
def test_a_percentage_lies_between_0_and_100(percent):
    with pytest.raises(ValueError, match="Not between"):
        PercentageOff(Decimal(percent))


@pytest.mark.parametrize("percent", [10, 10.5, True, "10", None])
def test_a_percentage_is_a_decimal(percent):
    with pytest.raises(TypeError, match="Not a Decimal"):
        PercentageOff(percent)


def test_a_percentage_has_as_many_decimals_as_can_be_calculated_exactly():
    most = Money.of("999999999999999.999", "KWD")
    assert PercentageOff(Decimal("0.0001")).apply_to(most).amount == (
        Decimal("999998999999999.999")
    )
    for finer in ("0.00001", "0.500000000000000000000000000001"):
        with pytest.raises(ValueError, match="four decimals"):
            PercentageOff(Decimal(finer))


@pytest.mark.parametrize(
    "discount",
    [
        PercentageOff(Decimal(10)),
        PercentageOff(Decimal(0)),
        AmountOff(Money.of(5, "EUR")),
    ],
)
def test_a_refund_is_not_discounted(discount):
    with pytest.raises(ValueError, match="Negative"):
        discount.apply_to(Money.of("-10.00", "EUR"))


def test_a_surcharge_is_no_discount():
    with pytest.raises(ValueError, match="Negative"):
        AmountOff(Money.of("-0.01", "EUR"))


def test_a_discount_that_was_granted_stays_as_it_is():
    with pytest.raises(FrozenInstanceError):
        PercentageOff(Decimal(10)).percent = Decimal(90)
    with pytest.raises(FrozenInstanceError):
        AmountOff(Money.of(5, "EUR")).amount = Money.of(50, "EUR")


def test_an_amount_of_another_currency_does_not_apply():
    with pytest.raises(CurrencyMismatchError):
        AmountOff(Money.of(1, "USD")).apply_to(Money.of(10, "EUR"))
