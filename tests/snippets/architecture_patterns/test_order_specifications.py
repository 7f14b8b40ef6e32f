"""Specifications of orders: what they compare, and what they refuse."""

from uuid import uuid4

import pytest

from snippets.architecture_patterns.new_order import place
from snippets.architecture_patterns.order_specifications import (
    PlacedBy,
    TotalAtLeast,
    UsesVoucher,
)
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine


def an_order(price="2.50", currency="EUR"):
    line = OrderLine("TEA-1", 1, Money.of(price, currency))
    return place(uuid4(), [line])


def test_an_order_of_the_amount_itself_meets_it(filtered):
    order, cheaper = an_order("2.50"), an_order("2.49")
    condition = TotalAtLeast(Money.of("2.50", "EUR"))

    assert condition.is_met_by(order)
    assert not condition.is_met_by(cheaper)
    assert filtered([order, cheaper], condition) == {order.id}


def test_ten_thousand_yen_are_not_ten_thousand_euros(filtered):
    order = an_order("10000", "JPY")
    condition = TotalAtLeast(Money.of("2.50", "EUR"))

    assert not condition.is_met_by(order)
    assert filtered([order], condition) == set()


@pytest.mark.parametrize(
    "amount", ["999999999999999.99", "-999999999999999.99"]
)
def test_an_amount_may_be_the_most_that_money_is(filtered, amount):
    order, condition = an_order(), TotalAtLeast(Money.of(amount, "EUR"))

    assert condition.is_met_by(order) is (condition.amount.amount < 1)
    assert bool(filtered([order], condition)) is condition.is_met_by(order)


@pytest.mark.parametrize("voucher", ["", "\0", "TEA\0", "\ud800", "a\udfffb"])
def test_a_voucher_that_no_order_can_have_is_refused(voucher):
    with pytest.raises(ValueError, match="without NUL"):
        UsesVoucher(voucher)


def test_the_orders_of_one_customer(filtered):
    mine, theirs = an_order(), an_order()
    condition = PlacedBy(mine.customer_id)

    assert condition.is_met_by(mine)
    assert not condition.is_met_by(theirs)
    assert filtered([mine, theirs], condition) == {mine.id}
