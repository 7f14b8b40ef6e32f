"""The use cases, each on storage in memory and on PostgreSQL."""

import asyncio
from uuid import uuid4

import pytest

from snippets.architecture_patterns.order_repository import OrderNotFoundError
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_status import OrderStatus
from snippets.shop.application.cancel_order import CancelOrder
from snippets.shop.application.order_queries import OrderDetails
from snippets.shop.application.place_order import Item, NewOrder, PlaceOrder
from snippets.shop.application.unit_of_work import UnitOfWorkFactory
from snippets.shop.domain.customer import UnknownCustomerError
from snippets.shop.domain.order import (
    InvalidOrderError,
    OrderNotCancellableError,
)
from snippets.shop.domain.pricing import Pricing
from snippets.shop.domain.product import UnknownProductError
from snippets.shop.domain.stock import InsufficientStockError
from snippets.shop.main import TIER_DISCOUNTS
from tests.shop.conftest import CUSTOMER, POT, TEA


@pytest.fixture
def place(storage):
    use_case = PlaceOrder(storage.unit_of_work, Pricing(TIER_DISCOUNTS))

    async def call(*items, customer_id=CUSTOMER.id) -> OrderDetails:
        return await use_case(
            NewOrder(customer_id, [Item(*item) for item in items])
        )

    return call


@pytest.fixture
def cancel(storage):
    return CancelOrder(storage.unit_of_work)


async def on_hand(unit_of_work: UnitOfWorkFactory):
    async with unit_of_work() as work:
        stock = await work.stock.lock({TEA.sku, POT.sku})
    return {sku: item.on_hand for sku, item in stock.items()}


async def test_an_order_is_stored_at_the_customers_price(place, storage):
    order = await place((TEA.sku, 2), (POT.sku, 1))

    assert order.total == Money.of("35.82", "EUR")  # gold: 10 per cent off
    assert order.status is OrderStatus.CONFIRMED
    assert await storage.queries.details(order.id) == order


async def test_an_order_takes_its_pieces_from_stock(place, storage):
    await place((TEA.sku, 2), (POT.sku, 1))

    assert await on_hand(storage.unit_of_work) == {TEA.sku: 8, POT.sku: 0}


async def test_an_order_leaves_its_event(place, storage):
    await place((TEA.sku, 2))

    assert await storage.event_names() == ["OrderConfirmed"]


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ([("TEA-1", 1), ("NOTHING", 1)], UnknownProductError),
        ([("TEA-1", 1), ("POT-1", 2)], InsufficientStockError),
        ([("TEA-1", 1), ("TEA-1", 1)], InvalidOrderError),
        ([], InvalidOrderError),
    ],
)
async def test_a_refused_order_changes_nothing(place, storage, items, error):
    with pytest.raises(error):
        await place(*items)

    assert await storage.queries.summaries() == []
    assert await storage.event_names() == []
    assert await on_hand(storage.unit_of_work) == {TEA.sku: 10, POT.sku: 1}


async def test_only_a_customer_can_order(place):
    with pytest.raises(UnknownCustomerError):
        await place((TEA.sku, 1), customer_id=uuid4())


async def test_of_two_orders_for_the_last_piece_one_is_refused(place, storage):
    outcomes = await asyncio.gather(
        place((POT.sku, 1)), place((POT.sku, 1)), return_exceptions=True
    )

    assert {type(outcome) for outcome in outcomes} == {
        OrderDetails,
        InsufficientStockError,
    }
    assert (await on_hand(storage.unit_of_work))[POT.sku] == 0


async def test_orders_for_the_same_products_do_not_block_each_other(
    place, storage
):
    items = [(TEA.sku, 1), (POT.sku, 1)]
    outcomes = await asyncio.gather(
        *[place(*items), place(*reversed(items))],
        *[place((TEA.sku, 1)) for _ in range(8)],
        return_exceptions=True,
    )

    sold_out = [o for o in outcomes if isinstance(o, InsufficientStockError)]
    assert len(sold_out) == 1
    assert await on_hand(storage.unit_of_work) == {TEA.sku: 1, POT.sku: 0}


async def test_a_cancelled_order_puts_its_pieces_back(place, cancel, storage):
    order = await place((TEA.sku, 2))

    cancelled = await cancel(order.id, "Too dear")

    assert cancelled.status is OrderStatus.CANCELLED
    assert await storage.queries.details(order.id) == cancelled
    assert await storage.event_names() == ["OrderConfirmed", "OrderCancelled"]
    assert (await on_hand(storage.unit_of_work))[TEA.sku] == 10


async def test_an_order_is_cancelled_once(place, cancel, storage):
    order = await place((TEA.sku, 2))
    await cancel(order.id, "Too dear")

    with pytest.raises(OrderNotCancellableError):
        await cancel(order.id, "Too dear")

    assert (await on_hand(storage.unit_of_work))[TEA.sku] == 10


async def test_an_unknown_order_cannot_be_cancelled(cancel):
    with pytest.raises(OrderNotFoundError):
        await cancel(uuid4(), "Too dear")
