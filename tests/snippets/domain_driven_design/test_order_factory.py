"""Factory: ordering again, at today's prices."""

from dataclasses import FrozenInstanceError
from uuid import uuid4

import pytest

from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import Order, OrderRuleError
from snippets.domain_driven_design.order_factory import order_again
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus


def past_order():
    past = Order(customer_id=uuid4(), currency="EUR")
    past.add_line(OrderLine("MUG", 2, Money.of("9.90", "EUR")))
    past.add_line(OrderLine("CUP", 1, Money.of("5.20", "EUR")))
    past.confirm()
    return past


def test_the_new_order_has_todays_prices():
    past = past_order()
    prices = {"MUG": Money.of("10.90", "EUR"), "CUP": Money.of("5.20", "EUR")}

    again = order_again(past, prices)

    assert again.order.total == Money.of("27.00", "EUR")
    assert again.unavailable == ()


def test_what_is_gone_is_named():
    again = order_again(past_order(), {"MUG": Money.of("9.90", "EUR")})
    assert again.unavailable == ("CUP",)
    assert [line.sku for line in again.order.lines] == ["MUG"]


def test_the_outcome_cannot_be_edited():
    again = order_again(past_order(), {})
    with pytest.raises(FrozenInstanceError):
        again.unavailable = ()


def test_it_is_a_new_pending_order_of_the_same_customer():
    past = past_order()
    again = order_again(past, {})
    assert again.order != past
    assert again.order.customer_id == past.customer_id
    assert again.order.status is OrderStatus.PENDING


def test_a_price_in_another_currency_is_refused():
    with pytest.raises(OrderRuleError, match="in EUR"):
        order_again(past_order(), {"MUG": Money.of("9.90", "USD")})


def test_prices_that_have_risen_beyond_what_money_can_hold_are_refused():
    most = Money.of("400000000000000", "EUR")
    with pytest.raises(OrderRuleError, match="total is below"):
        order_again(past_order(), {"MUG": most, "CUP": most})
    with pytest.raises(ValueError, match="Not below"):
        order_again(past_order(), {"MUG": most + most})
