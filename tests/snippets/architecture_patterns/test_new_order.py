"""A new order: what may not be ordered, what it costs, what is told of it."""

from uuid import uuid4

import pytest

from snippets.architecture_patterns.new_order import (
    LIMIT,
    MAX_UNITS,
    InvalidOrderError,
    is_quantity,
    is_text,
    place,
)
from snippets.domain_driven_design.domain_events import OrderConfirmed
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import OrderRuleError
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus

PRICE = Money.of("4.90", "EUR")
TEA = OrderLine("TEA-1", 2, PRICE)


def test_an_order_without_lines_does_not_exist():
    with pytest.raises(InvalidOrderError, match="at least one line"):
        place(uuid4(), ())


@pytest.mark.parametrize("quantity", [MAX_UNITS + 1, 2**31])
def test_a_line_with_more_units_than_fit_does_not_exist(quantity):
    with pytest.raises(InvalidOrderError, match="1 to 10000 units"):
        place(uuid4(), (OrderLine("TEA-1", quantity, PRICE),))


def test_a_price_that_ten_lines_could_not_add_up_does_not_exist():
    dear = OrderLine("TEA-1", 1, Money(LIMIT, "EUR"))
    with pytest.raises(InvalidOrderError, match="A price is below"):
        place(uuid4(), (dear,))


@pytest.mark.parametrize("text", ["", "\0", "TEA\0", "\ud800"])
def test_a_voucher_that_is_no_text_does_not_exist(text):
    with pytest.raises(InvalidOrderError, match="voucher is a text"):
        place(uuid4(), (TEA,), voucher=text)


def test_what_the_order_refuses_is_refused():
    with pytest.raises(OrderRuleError, match="already"):
        place(uuid4(), (TEA, TEA))


def test_the_most_that_may_be_ordered_is_money():
    most = Money.of("9999999999.99", "EUR")
    lines = [OrderLine(f"TEA-{n}", MAX_UNITS, most) for n in range(10)]

    assert place(uuid4(), lines).total == most * MAX_UNITS * 10


def test_the_total_is_the_sum_of_all_lines():
    order = place(uuid4(), (TEA, OrderLine("POT-1", 1, Money.of(30, "EUR"))))

    assert order.total == Money.of("39.80", "EUR")


def test_it_is_confirmed_which_is_told_once():
    order = place(uuid4(), (TEA,), "WELCOME10")

    assert order.status is OrderStatus.CONFIRMED
    assert order.voucher == "WELCOME10"
    (event,) = order.pull_events()
    assert isinstance(event, OrderConfirmed)
    assert event.order_id == order.id
    assert order.pull_events() == []


@pytest.mark.parametrize("units", [1, 99, MAX_UNITS])
def test_a_quantity(units):
    assert is_quantity(units)


@pytest.mark.parametrize(
    "units", [0, -1, MAX_UNITS + 1, 2**31, 1.0, True, float("nan"), "1", None]
)
def test_no_quantity(units):
    assert not is_quantity(units)


@pytest.mark.parametrize("text", ["TEA-1", " ", "thé", "👍", "\x01", "\n"])
def test_a_text(text):
    assert is_text(text)


@pytest.mark.parametrize("text", ["", "\0", "TEA\0", "\ud800", "\udfff!"])
def test_no_text(text):
    assert not is_text(text)
