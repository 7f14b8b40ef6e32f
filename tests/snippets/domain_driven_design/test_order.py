"""Order: the rules, the status machine, the events, and no way around them."""

import pickle
from copy import copy, deepcopy
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from snippets.code_style.error_outcomes import outcome_of
from snippets.domain_driven_design import order, order_lines_broken
from snippets.domain_driven_design.domain_events import (
    OrderCancelled,
    OrderConfirmed,
    OrderPaid,
    OrderShipped,
)
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import (
    MAX_LINES,
    Order,
    OrderRuleError,
)
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus
from tests.support.twins import fix_and_twin

CUSTOMER = UUID("018f3b7a-0000-7000-8000-000000000001")


def line(sku="MUG", quantity=1, price="9.90", currency="EUR"):
    return OrderLine(sku, quantity, Money.of(price, currency))


def new_order(*lines, make=Order):
    new = make(customer_id=CUSTOMER, currency="EUR")
    for item in lines:
        new.add_line(item)
    return new


either = fix_and_twin(
    "make",
    order.Order,
    order_lines_broken.Order,
    "A line slips into an order that is already confirmed: "
    "it is shipped, and nobody paid for it",
)


@either
def test_a_confirmed_order_cannot_grow(make):
    confirmed = new_order(line(), make=make)
    confirmed.confirm()

    basket = confirmed.lines
    basket += type(basket)([line("SURPRISE")])

    assert [item.sku for item in confirmed.lines] == ["MUG"]


both = pytest.mark.parametrize("make", [order.Order, order_lines_broken.Order])


@both
def test_lines_change_only_while_pending(make):
    confirmed = new_order(line(), make=make)
    confirmed.confirm()
    with pytest.raises(OrderRuleError, match="too late"):
        confirmed.add_line(line("LATE"))


@both
def test_an_order_has_at_most_ten_lines(make):
    full = new_order(*(line(f"SKU-{n}") for n in range(10)), make=make)
    with pytest.raises(OrderRuleError, match="at most 10"):
        full.add_line(line("ELEVENTH"))


@both
def test_an_empty_order_cannot_be_confirmed(make):
    with pytest.raises(OrderRuleError, match="empty"):
        new_order(make=make).confirm()


def test_an_order_is_made_by_name_and_with_nothing_in_it():
    with pytest.raises(TypeError):
        Order(CUSTOMER, "EUR")
    for given in ({"_events": []}, {"_lines": []}, {"_status": "paid"}):
        with pytest.raises(TypeError):
            Order(customer_id=CUSTOMER, currency="EUR", **given)


def test_what_happened_is_not_told_by_every_log_of_an_order():
    confirmed = new_order(line())
    confirmed.confirm()
    assert "OrderConfirmed" not in repr(confirmed)


def test_the_total_adds_up():
    assert new_order(line(quantity=2), line("CUP", price="5.20")).total == (
        Money.of("25.00", "EUR")
    )


MOST = "999999999999999.99"


@pytest.mark.parametrize("price", ["0.01", MOST])
def test_lines_add_up_to_no_more_than_money_can_hold(price):
    full = new_order(line(price=MOST))
    with pytest.raises(OrderRuleError, match="total is below 1000000000000000"):
        full.add_line(line("CUP", price=price))

    assert full.total == Money.of(MOST, "EUR")


def test_a_total_may_be_all_that_money_can_hold():
    assert new_order(line(price=MOST)).total == Money.of(MOST, "EUR")


def test_an_empty_order_totals_zero():
    assert new_order().total == Money.of(0, "EUR")


def test_an_article_is_in_an_order_once():
    with pytest.raises(OrderRuleError, match="already"):
        new_order(line(), line())


def test_a_copy_to_try_things_on_changes_nothing_in_the_order():
    confirmed = new_order(line())
    preview = copy(confirmed)
    confirmed.confirm()
    confirmed.pull_events()

    preview.add_line(line("GIFT"))
    preview.confirm()

    assert confirmed.lines == (line(),)
    assert confirmed.pull_events() == []


def test_an_order_is_in_one_currency():
    with pytest.raises(OrderRuleError, match="in EUR"):
        new_order(line(currency="USD"))


@pytest.mark.parametrize("currency", ["XXX", "eur", "", None])
def test_an_order_is_in_a_currency_of_the_shop(currency):
    with pytest.raises(ValueError, match="Unknown currency"):
        Order(customer_id=CUSTOMER, currency=currency)


def test_a_line_can_be_removed_while_pending():
    changed = new_order(line(), line("CUP"))
    changed.remove_line("MUG")
    changed.remove_line("NOT THERE")
    assert [item.sku for item in changed.lines] == ["CUP"]


def test_no_line_can_be_removed_later():
    confirmed = new_order(line())
    confirmed.confirm()
    with pytest.raises(OrderRuleError, match="too late"):
        confirmed.remove_line("MUG")


def test_events_tell_what_happened_once():
    sold = new_order(line())
    sold.confirm()
    sold.cancel("changed my mind")

    confirmed, cancelled = sold.pull_events()

    assert isinstance(confirmed, OrderConfirmed)
    assert isinstance(cancelled, OrderCancelled)
    assert confirmed.order_id == cancelled.order_id == sold.id
    assert cancelled.reason == "changed my mind"
    assert sold.pull_events() == []


def test_a_confirmed_order_is_no_longer_pending_to_anyone():
    confirmed = new_order(line())
    confirmed.confirm()
    with pytest.raises(AttributeError):
        confirmed.status = OrderStatus.PENDING


@pytest.mark.parametrize(
    "copied",
    [
        deepcopy,
        lambda order: pickle.loads(pickle.dumps(order)),  # noqa: S301 - ours
    ],
)
def test_an_order_survives_the_way_to_another_process(copied):
    confirmed = new_order(line())
    confirmed.confirm()
    same = copied(confirmed)
    assert same == confirmed
    assert same.status is OrderStatus.CONFIRMED
    assert same.lines == confirmed.lines
    assert same.pull_events() == confirmed.pull_events() != []


def test_replace_makes_an_order_anew():
    """Why the page says that entities are changed by their methods."""
    confirmed = new_order(line())
    confirmed.confirm()
    anew = replace(confirmed)
    assert anew == confirmed
    assert (anew.status, anew.lines) == (OrderStatus.PENDING, ())


def test_a_restored_order_is_as_it_was_stored():
    stored = Order.restore(
        order_id=CUSTOMER,
        customer_id=CUSTOMER,
        currency="EUR",
        status=OrderStatus.PAID,
        lines=iter([line()]),
    )
    assert stored.id == CUSTOMER
    assert stored.status is OrderStatus.PAID
    assert stored.lines == (line(),)
    assert stored.pull_events() == []


def test_a_restored_order_keeps_the_rules():
    paid = Order.restore(CUSTOMER, CUSTOMER, "EUR", OrderStatus.PAID, [line()])
    with pytest.raises(OrderRuleError, match="too late"):
        paid.add_line(line("LATE"))


class OrderLife(RuleBasedStateMachine):
    """Any sequence of calls: the model says which succeed, and the order
    agrees with it after each.
    """

    def __init__(self):
        super().__init__()
        self.order = Order(customer_id=CUSTOMER, currency="EUR")
        self.skus = []
        self.status = OrderStatus.PENDING
        self.events = []

    def attempt(self, call, *, allowed):
        if allowed:
            call()
        else:
            with pytest.raises(OrderRuleError):
                call()
        return allowed

    def attempt_step(self, call, event, *, allowed, then):
        if self.attempt(call, allowed=allowed):
            self.status = then
            self.events.append(event)

    @rule(sku=st.sampled_from([f"SKU-{n}" for n in range(12)]))
    def add(self, sku):
        if self.attempt(
            lambda: self.order.add_line(line(sku)),
            allowed=self.status is OrderStatus.PENDING
            and sku not in self.skus
            and len(self.skus) < MAX_LINES,
        ):
            self.skus.append(sku)

    @precondition(lambda self: self.skus)
    @rule(data=st.data())
    def remove(self, data):
        sku = data.draw(st.sampled_from(self.skus))
        if self.attempt(
            lambda: self.order.remove_line(sku),
            allowed=self.status is OrderStatus.PENDING,
        ):
            self.skus.remove(sku)

    @rule()
    def confirm(self):
        self.attempt_step(
            self.order.confirm,
            OrderConfirmed,
            allowed=self.status is OrderStatus.PENDING and bool(self.skus),
            then=OrderStatus.CONFIRMED,
        )

    @rule()
    def pay(self):
        self.attempt_step(
            self.order.mark_paid,
            OrderPaid,
            allowed=self.status is OrderStatus.CONFIRMED,
            then=OrderStatus.PAID,
        )

    @rule()
    def ship(self):
        self.attempt_step(
            self.order.mark_shipped,
            OrderShipped,
            allowed=self.status is OrderStatus.PAID,
            then=OrderStatus.SHIPPED,
        )

    @rule()
    def cancel(self):
        self.attempt_step(
            lambda: self.order.cancel("changed my mind"),
            OrderCancelled,
            allowed=self.status
            in {OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PAID},
            then=OrderStatus.CANCELLED,
        )

    @rule()
    def pull_events(self):
        pulled = [type(event) for event in self.order.pull_events()]
        assert pulled == self.events
        self.events.clear()

    @invariant()
    def it_agrees_with_the_model(self):
        assert [item.sku for item in self.order.lines] == self.skus
        assert self.order.status is self.status
        assert self.order.total == line().total * len(self.skus)

    @invariant()
    def it_is_never_too_long_and_never_sold_empty(self):
        assert len(self.order.lines) <= MAX_LINES
        if self.status in {OrderStatus.CONFIRMED, OrderStatus.PAID}:
            assert self.order.lines


TestOrderLife = OrderLife.TestCase
TestOrderLife.settings = settings(max_examples=50)


def test_what_an_order_refuses_is_told_to_its_customer():
    told = outcome_of(OrderRuleError("The order is paid: too late"))

    assert (told.status, told.code) == (422, "business-rule")
    assert told.detail == "The order is paid: too late"
