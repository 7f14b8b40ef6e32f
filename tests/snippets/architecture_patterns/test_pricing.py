"""Pricing: the order of the steps, and what never happens."""

from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets.architecture_patterns.new_order import place
from snippets.architecture_patterns.pricing import OrderPricing, Quote, Tier
from snippets.domain_driven_design.discount import AmountOff, PercentageOff
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine

PRICING = OrderPricing(
    {
        Tier.SILVER: PercentageOff(Decimal(5)),
        Tier.GOLD: PercentageOff(Decimal(10)),
    }
)


def euros(amount):
    return Money.of(amount, "EUR")


def order_of(total):
    return place(uuid4(), (OrderLine("TEA-1", 1, total),))


@pytest.mark.parametrize(
    ("tier", "total"),
    [
        (Tier.STANDARD, "100.00"),
        (Tier.SILVER, "95.00"),
        (Tier.GOLD, "90.00"),
    ],
)
def test_each_tier_has_its_discount(tier, total):
    quote = PRICING.quote(order_of(euros("100.00")), tier)
    assert quote.total == euros(total)


def test_the_promotion_is_taken_off_what_the_tier_left():
    quote = PRICING.quote(
        order_of(euros("100.00")), Tier.GOLD, PercentageOff(Decimal(20))
    )

    assert quote == Quote(euros(100), euros(10), euros(18))
    assert quote.total == euros(72)


def test_an_amount_off_pays_nothing_out():
    quote = PRICING.quote(
        order_of(euros("10.00")), Tier.GOLD, AmountOff(euros("25.00"))
    )

    assert quote.promotion_discount == euros("9.00")
    assert quote.total == euros(0)


amounts = st.decimals(0, 100_000, places=2).map(lambda a: Money(a, "EUR"))
percentages = st.decimals(0, 100, places=3).map(PercentageOff)


@given(amounts, percentages, percentages | amounts.map(AmountOff))
def test_no_discount_is_negative_and_no_total_below_zero(
    subtotal, tier, promotion
):
    quote = OrderPricing({Tier.GOLD: tier}).quote(
        order_of(subtotal), Tier.GOLD, promotion
    )

    assert quote.tier_discount >= euros(0)
    assert quote.promotion_discount >= euros(0)
    assert euros(0) <= quote.total <= quote.subtotal == subtotal
