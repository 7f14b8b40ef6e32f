"""Pricing: the order of the steps, rounding, and what never happens."""

from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets.architecture_patterns.order import Order, OrderLine
from snippets.architecture_patterns.pricing import (
    AmountOff,
    PercentOff,
    Pricing,
    Quote,
    Tier,
)

PRICING = Pricing(
    {Tier.SILVER: PercentOff(Decimal(5)), Tier.GOLD: PercentOff(Decimal(10))}
)


def order_of(total):
    return Order.place(uuid4(), (OrderLine("TEA-1", 1, Decimal(total)),))


@pytest.mark.parametrize(
    ("tier", "total"),
    [
        (Tier.STANDARD, "100.00"),
        (Tier.SILVER, "95.00"),
        (Tier.GOLD, "90.00"),
    ],
)
def test_each_tier_has_its_discount(tier, total):
    assert PRICING.quote(order_of("100.00"), tier).total == Decimal(total)


def test_the_promotion_is_taken_off_what_the_tier_left():
    quote = PRICING.quote(
        order_of("100.00"), Tier.GOLD, PercentOff(Decimal(20))
    )

    assert quote == Quote(Decimal(100), Decimal(10), Decimal(18))
    assert quote.total == Decimal(72)


def test_an_amount_off_pays_nothing_out():
    quote = PRICING.quote(
        order_of("10.00"), Tier.GOLD, AmountOff(Decimal("25.00"))
    )

    assert quote.promotion_discount == Decimal("9.00")
    assert quote.total == 0


@pytest.mark.parametrize(
    ("subtotal", "discount"),
    [("0.10", "0.01"), ("0.09", "0.00"), ("0.30", "0.02"), ("0.50", "0.03")],
)
def test_half_a_cent_of_discount_is_a_cent_for_the_customer(subtotal, discount):
    quote = PRICING.quote(order_of(subtotal), Tier.SILVER)

    assert quote.tier_discount == Decimal(discount)


@pytest.mark.parametrize(
    "percent",
    ["-1", "100.01", "NaN", "sNaN", "Infinity", "-Infinity", "1E+30"],
)
def test_a_percentage_is_from_0_to_100(percent):
    with pytest.raises(ValueError, match="0 to 100"):
        PercentOff(Decimal(percent))


def test_a_percentage_has_four_decimals_at_most():
    with pytest.raises(ValueError, match="four decimals"):
        PercentOff(Decimal("0.500000000000000000000000000001"))


@pytest.mark.parametrize(
    "amount",
    [
        "-0.01",
        "0.005",
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1E+30",
        "1E+10",
    ],
)
def test_an_amount_is_not_negative_and_in_whole_cents(amount):
    with pytest.raises(ValueError, match="whole cents"):
        AmountOff(Decimal(amount))


money = st.decimals(0, 100_000, places=2)
percentages = st.decimals(0, 100, places=3).map(PercentOff)


@given(money, percentages, percentages | money.map(AmountOff))
def test_no_discount_is_negative_and_no_total_below_zero(
    subtotal, tier, promotion
):
    quote = Pricing({Tier.GOLD: tier}).quote(
        order_of(subtotal), Tier.GOLD, promotion
    )

    assert quote.tier_discount >= 0
    assert quote.promotion_discount >= 0
    assert 0 <= quote.total <= quote.subtotal == subtotal
    assert quote.total == round(quote.total, 2)
