"""The rules of the shop, without anything around them."""

from decimal import Decimal
from uuid import uuid4

import pytest

from snippets.architecture_patterns.new_order import MAX_UNITS
from snippets.architecture_patterns.pricing import Tier
from snippets.domain_driven_design.discount import AmountOff, PercentageOff
from snippets.domain_driven_design.domain_events import (
    OrderCancelled,
)
from snippets.domain_driven_design.email_address import EmailAddress
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import MAX_LINES
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus
from snippets.shop.domain import order as orders
from snippets.shop.domain.customer import Customer
from snippets.shop.domain.pricing import Pricing
from snippets.shop.domain.product import Product
from snippets.shop.domain.stock import (
    MAX_ON_HAND,
    InsufficientStockError,
    Reservation,
    ReservationStatus,
    ShelfFullError,
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


@pytest.mark.parametrize("pieces", [-1, MAX_ON_HAND + 1, True, float("nan")])
def test_a_shelf_holds_a_whole_number_of_pieces(pieces):
    with pytest.raises(ValueError, match="Not a number on hand"):
        StockItem("TEA-1", pieces)


@pytest.mark.parametrize("pieces", [True, 1.5, float("nan"), 0, -(2**31)])
@pytest.mark.parametrize("change", [StockItem.take, StockItem.put_back])
def test_only_whole_pieces_are_taken_or_put_back(change, pieces):
    item = StockItem("TEA-1", 10)
    with pytest.raises(ValueError, match="Not a number of pieces"):
        change(item, pieces)
    assert item.on_hand == 10


def test_no_more_is_put_back_than_can_be_counted():
    item = StockItem("TEA-1", MAX_ON_HAND - 1)
    item.put_back(1)
    with pytest.raises(ShelfFullError):
        item.put_back(1)
    assert item.on_hand == MAX_ON_HAND


@pytest.mark.parametrize("price", ["-0.01", "10000000000.00"])
def test_a_price_is_bounded(price):
    with pytest.raises(ValueError, match="Not a price"):
        Product("TEA-1", "Green tea", euros(price))


def test_the_largest_order_is_still_money():
    price = Product("TEA-1", "Green tea", euros("9999999999.99")).price
    lines = [OrderLine(f"TEA-{n}", MAX_UNITS, price) for n in range(MAX_LINES)]

    order = orders.place(uuid4(), lines)

    assert order.total == price * MAX_UNITS * MAX_LINES


@pytest.mark.parametrize("pieces", [MAX_UNITS + 1, 2**31])
def test_an_order_of_too_many_pieces_is_refused(pieces):
    with pytest.raises(orders.InvalidOrderError, match="1 to 10000 pieces"):
        orders.place(uuid4(), [OrderLine("TEA-1", pieces, euros("0.01"))])


@pytest.mark.parametrize("reason", ["", " \n", "\0", "Too\0dear", "\ud800"])
def test_a_reason_is_a_text_and_says_something(reason):
    order = orders.place(uuid4(), [a_line()])
    order.confirm()
    with pytest.raises(orders.InvalidReasonError):
        orders.cancel(order, reason)
    assert order.status is OrderStatus.CONFIRMED


def test_lines_that_add_up_to_more_than_money_can_hold_are_no_order():
    price = Money.of("999999999999999.99", "EUR")
    lines = [OrderLine(sku, 1, price) for sku in ("TEA-1", "POT-1")]
    with pytest.raises(orders.InvalidOrderError, match="total is below"):
        orders.place(uuid4(), lines)
