"""The rules of the shop, without anything around them."""

from decimal import Decimal
from uuid import uuid4

import pytest

from snippets.architecture_patterns.pricing import Tier
from snippets.domain_driven_design.discount import AmountOff, PercentageOff
from snippets.domain_driven_design.domain_events import (
    OrderCancelled,
)
from snippets.domain_driven_design.email_address import EmailAddress
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus
from snippets.shop.domain import order as orders
from snippets.shop.domain.customer import Customer
from snippets.shop.domain.pricing import Pricing
from snippets.shop.domain.product import Product
from snippets.shop.domain.stock import (
    InsufficientStockError,
    Reservation,
    ReservationStatus,
    StockItem,
)


def euros(amount):
    return Money.of(amount, "EUR")


TEA = Product("TEA-1", "Green tea", euros("4.90"))


def a_line(sku="TEA-1", price="4.90", currency="EUR"):
    return OrderLine(sku, 1, Money.of(price, currency))


def a_customer(tier):
    address = EmailAddress("ada@example.com")
    return Customer(name="Ada", email=address, tier=tier)


def test_a_tier_has_its_discount():
    pricing = Pricing({Tier.GOLD: [PercentageOff(Decimal(10))]})

    assert pricing.unit_price(TEA, a_customer(Tier.GOLD)) == euros("4.41")
    assert pricing.unit_price(TEA, a_customer(Tier.SILVER)) == euros("4.90")


def test_the_best_discount_counts_alone():
    pricing = Pricing(
        {Tier.GOLD: [PercentageOff(Decimal(10)), AmountOff(euros("1.00"))]}
    )

    assert pricing.unit_price(TEA, a_customer(Tier.GOLD)) == euros("3.90")


def test_pricing_keeps_its_discounts_however_they_were_given():
    pricing = Pricing({Tier.GOLD: iter([PercentageOff(Decimal(10))])})
    ada = a_customer(Tier.GOLD)

    assert pricing.unit_price(TEA, ada) == pricing.unit_price(TEA, ada)


@pytest.mark.parametrize("pieces", [0, -5])
@pytest.mark.parametrize("change", [StockItem.take, StockItem.put_back])
def test_stock_changes_by_whole_pieces(change, pieces):
    item = StockItem("TEA-1", 3)
    with pytest.raises(ValueError, match="Not a number of pieces"):
        change(item, pieces)
    assert item.on_hand == 3


def test_a_placed_order_is_pending():
    order = orders.place(uuid4(), [a_line(), a_line("POT-1", "30.00")])

    assert order.status is OrderStatus.PENDING
    assert order.total == euros("34.90")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="empty"),
        pytest.param([a_line(), a_line()], id="one article twice"),
        pytest.param(
            [a_line(), a_line("POT-1", currency="USD")], id="two currencies"
        ),
        pytest.param(
            [a_line(f"TEA-{number}") for number in range(11)], id="eleven lines"
        ),
    ],
)
def test_an_order_that_the_rules_forbid_is_not_placed(lines):
    with pytest.raises(orders.InvalidOrderError):
        orders.place(uuid4(), lines)


def test_a_confirmed_order_can_be_cancelled():
    order = orders.place(uuid4(), [a_line()])
    order.confirm()
    order.pull_events()

    orders.cancel(order, "Too dear")

    assert order.status is OrderStatus.CANCELLED
    (event,) = order.pull_events()
    assert isinstance(event, OrderCancelled)
    assert event.reason == "Too dear"


def test_a_pending_order_belongs_to_its_saga():
    order = orders.place(uuid4(), [a_line()])

    with pytest.raises(orders.OrderNotCancellableError, match="being paid"):
        orders.cancel(order, "Too dear")


def test_a_shipped_order_cannot_be_cancelled():
    order = orders.place(uuid4(), [a_line()])
    order.confirm()
    order.mark_paid()
    order.mark_shipped()

    with pytest.raises(orders.OrderNotCancellableError, match="shipped"):
        orders.cancel(order, "Too late")


def test_stock_gives_what_it_has():
    item = StockItem("TEA-1", 3)

    item.take(2)
    item.put_back(1)

    assert item.on_hand == 2


def test_stock_gives_no_more_than_it_has():
    item = StockItem("TEA-1", 3)

    with pytest.raises(InsufficientStockError, match="Only 3 of TEA-1 left"):
        item.take(4)

    assert item.on_hand == 3


TWO_LINES = [a_line(), a_line("POT-1", "30.00")]


def a_stock(tea, pots):
    return {"TEA-1": StockItem("TEA-1", tea), "POT-1": StockItem("POT-1", pots)}


def pieces(stock):
    return [item.on_hand for item in stock.values()]


def test_a_reservation_takes_its_pieces_once():
    reservation, stock = Reservation(uuid4()), a_stock(3, 3)

    reservation.hold(TWO_LINES, stock)
    reservation.hold(TWO_LINES, stock)

    assert reservation.status is ReservationStatus.HELD
    assert pieces(stock) == [2, 2]


def test_a_refused_reservation_takes_nothing_and_stays_refused():
    reservation, stock = Reservation(uuid4()), a_stock(3, 0)
    reservation.hold(TWO_LINES, stock)
    assert pieces(stock) == [3, 0]

    refilled = a_stock(3, 3)
    reservation.hold(TWO_LINES, refilled)

    assert reservation.status is ReservationStatus.REFUSED
    assert pieces(refilled) == [3, 3]


def test_a_reservation_is_released_once():
    reservation, stock = Reservation(uuid4()), a_stock(3, 3)
    reservation.hold(TWO_LINES, stock)

    reservation.release(TWO_LINES, stock)
    reservation.release(TWO_LINES, stock)

    assert pieces(stock) == [3, 3]


def test_a_reservation_that_was_released_first_holds_nothing():
    reservation, stock = Reservation(uuid4()), a_stock(3, 3)

    reservation.release(TWO_LINES, stock)
    reservation.hold(TWO_LINES, stock)

    assert reservation.status is ReservationStatus.RELEASED
    assert pieces(stock) == [3, 3]
