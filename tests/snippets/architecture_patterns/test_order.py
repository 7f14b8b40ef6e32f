"""Order: what may not exist, what it costs, what happened to it."""

from decimal import Decimal
from uuid import uuid4

import pytest

from snippets.architecture_patterns.order import (
    InvalidOrderError,
    Order,
    OrderAlreadyCancelledError,
    OrderCancelled,
    OrderLine,
    OrderPlaced,
    OrderStatus,
)
from snippets.architecture_patterns.order_values import MAX_UNITS

TEA = OrderLine("TEA-1", 2, Decimal("4.90"))


def test_an_order_without_lines_does_not_exist():
    with pytest.raises(InvalidOrderError):
        Order.place(uuid4(), ())


@pytest.mark.parametrize(
    ("quantity", "unit_price"),
    [
        *[(0, "4.90"), (-1, "4.90"), (1.5, "4.90"), (float("nan"), "4.90")],
        *[(True, "4.90"), (1, "-0.01"), (1, "NaN"), (1, "sNaN")],
        *[(1, "Infinity"), (1, "1E+30"), (1, "1E+10")],
    ],
)
def test_a_line_without_units_or_below_zero_does_not_exist(
    quantity, unit_price
):
    with pytest.raises(InvalidOrderError):
        OrderLine("TEA-1", quantity, Decimal(unit_price))


@pytest.mark.parametrize("quantity", [MAX_UNITS + 1, 2**31])
def test_a_line_with_more_units_than_fit_does_not_exist(quantity):
    with pytest.raises(InvalidOrderError, match="1 to 10000 units"):
        OrderLine("TEA-1", quantity, Decimal("4.90"))


@pytest.mark.parametrize("text", ["", "\0", "TEA\0", "\ud800"])
def test_a_sku_or_a_voucher_that_is_no_text_does_not_exist(text):
    with pytest.raises(InvalidOrderError, match="without NUL"):
        OrderLine(text, 1, Decimal("4.90"))
    with pytest.raises(InvalidOrderError, match="without NUL"):
        Order.place(uuid4(), (TEA,), voucher=text)


def test_a_price_in_parts_of_a_cent_does_not_exist():
    with pytest.raises(InvalidOrderError):
        OrderLine("TEA-1", 1, Decimal("4.905"))


def test_the_total_is_the_sum_of_all_lines():
    order = Order.place(uuid4(), (TEA, OrderLine("POT-1", 1, Decimal(30))))

    assert order.total == Decimal("39.80")


def test_placing_is_told_once():
    customer_id = uuid4()
    order = Order.place(customer_id, (TEA,))

    assert order.pull_events() == [
        OrderPlaced(order.id, customer_id, Decimal("9.80"))
    ]
    assert order.pull_events() == []


def test_an_order_that_exists_already_tells_nothing():
    order = Order(customer_id=uuid4(), lines=(TEA,))

    assert order.pull_events() == []


def test_cancelling_is_told():
    order = Order(customer_id=uuid4(), lines=(TEA,))

    order.cancel()

    assert order.status is OrderStatus.CANCELLED
    assert order.pull_events() == [OrderCancelled(order.id)]


def test_an_order_is_cancelled_once():
    order = Order(customer_id=uuid4(), lines=(TEA,))
    order.cancel()

    with pytest.raises(OrderAlreadyCancelledError):
        order.cancel()
