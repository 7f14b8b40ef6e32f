"""An order folded from its events: rules decide, applying does not."""

import pytest

from snippets.code_style.errors import BusinessRuleError
from snippets.event_driven.event_sourced_order import (
    DebtCancelled,
    EventSourcedOrder,
    OrderPlaced,
    PaymentReceived,
)

PLACED = ("order.placed", {"total_cents": 980})


def test_a_method_records_what_happened_and_changes_the_state():
    order = EventSourcedOrder.place(980)
    order.pay(400)

    assert order.new_events == [OrderPlaced(980), PaymentReceived(400)]
    assert order.owed_cents == 580


def test_loading_gives_the_state_and_nothing_to_store():
    order = EventSourcedOrder.load(
        [PLACED, ("order.payment_received", {"cents": 400})]
    )

    assert (order.owed_cents, order.version) == (580, 2)
    assert order.events_to_store() == []


def test_what_is_stored_loads_to_the_same_state():
    order = EventSourcedOrder.place(980)
    order.pay(400)
    order.cancel("out of tea")

    again = EventSourcedOrder.load(order.events_to_store())

    assert (again.owed_cents, again.is_cancelled, again.version) == (0, True, 3)


@pytest.mark.parametrize("cents", [981, 0, -1])
def test_more_than_is_owed_cannot_be_paid_nor_nothing_nor_less(cents):
    order = EventSourcedOrder.load([PLACED])
    with pytest.raises(BusinessRuleError, match=f"980 are owed, not {cents}"):
        order.pay(cents)
    assert order.new_events == []


def test_an_order_for_less_than_nothing_cannot_be_placed():
    with pytest.raises(BusinessRuleError, match="Nobody owes -1"):
        EventSourcedOrder.place(-1)


def test_a_cancelled_order_cannot_be_paid():
    order = EventSourcedOrder.place(980)
    order.cancel("out of tea")
    with pytest.raises(BusinessRuleError):
        order.pay(1)


def test_cancelling_twice_happens_once():
    order = EventSourcedOrder.load([PLACED])
    order.cancel("out of tea")
    order.cancel("out of tea")
    assert order.new_events == [DebtCancelled("out of tea")]


def test_history_is_applied_even_if_a_rule_of_today_forbids_it():
    """Rules change; what has happened does not."""
    order = EventSourcedOrder.load(
        [PLACED, ("order.payment_received", {"cents": 1000})]
    )
    assert order.owed_cents == -20


def test_an_event_that_nobody_knows_is_not_passed_over():
    with pytest.raises(KeyError, match=r"order\.gift_wrapped"):
        EventSourcedOrder.load([("order.gift_wrapped", {})])
    with pytest.raises(AssertionError):
        EventSourcedOrder()._apply("a kind without a case")
