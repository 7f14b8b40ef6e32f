"""Specifications of orders: what they compare, and what they refuse."""

from decimal import Decimal
from uuid import uuid4

import pytest

from snippets.architecture_patterns import (
    order_specifications,
    order_specifications_scale_broken,
)
from snippets.architecture_patterns.order import Order, OrderLine
from snippets.architecture_patterns.order_specifications import (
    PlacedBy,
    TotalAtLeast,
    UsesVoucher,
)
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize(
    "module", [order_specifications, order_specifications_scale_broken]
)


def an_order(price="2.50", voucher=None):
    return Order(
        customer_id=uuid4(),
        lines=(OrderLine("TEA-1", 1, Decimal(price)),),
        voucher=voucher,
    )


@fix_and_twin(
    "module",
    order_specifications,
    order_specifications_scale_broken,
    "The list of orders that get a present has one of 2.50 "
    "in it, and the check of that order says no.",
)
def test_an_amount_in_parts_of_a_cent_is_compared_as_it_is(filtered, module):
    order, condition = an_order("2.50"), module.TotalAtLeast(Decimal("2.504"))

    assert not condition.is_met_by(order)
    assert filtered([order], condition) == set()


@both
def test_an_amount_in_cents_is_compared_alike(filtered, module):
    order, cheaper = an_order("2.50"), an_order("2.49")
    condition = module.TotalAtLeast(Decimal("2.50"))

    assert condition.is_met_by(order)
    assert not condition.is_met_by(cheaper)
    assert filtered([order, cheaper], condition) == {order.id}


@pytest.mark.parametrize("amount", ["1E+10", "1E+90", "1E-90", "-1E+90"])
def test_an_amount_may_be_more_than_the_column_holds(filtered, amount):
    order, condition = an_order(), TotalAtLeast(Decimal(amount))

    assert condition.is_met_by(order) is (condition.amount < 1)
    assert bool(filtered([order], condition)) is (condition.amount < 1)


@pytest.mark.parametrize(
    "amount",
    [
        *["NaN", "-NaN", "sNaN", "Infinity", "-Infinity"],
        *["1E+100", "1E-100", "1E+999999", "0E-20000", "1." + "0" * 100],
    ],
)
def test_an_amount_that_nothing_compares_with_is_refused(amount):
    with pytest.raises(ValueError, match="at most 100 digits"):
        TotalAtLeast(Decimal(amount))


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
