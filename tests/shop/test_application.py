"""The use cases, each on storage in memory and on PostgreSQL."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from snippets.api_design.keyed_request import (
    Answer,
    KeyedRequest,
    KeyReusedError,
    RequestInFlightError,
    once,
)
from snippets.architecture_patterns.order_repository import OrderNotFoundError
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import Order
from snippets.domain_driven_design.order_status import OrderStatus
from snippets.event_driven.participants import RefusedError
from snippets.event_driven.saga import SagaStatus
from snippets.shop.application.cancel_order import CancelOrder
from snippets.shop.application.fulfilment import Fulfilment, new_fulfilment
from snippets.shop.application.order_queries import OrderDetails
from snippets.shop.application.place_order import Item, NewOrder, PlaceOrder
from snippets.shop.application.refund import Refund, new_refund
from snippets.shop.application.unit_of_work import UnitOfWorkFactory
from snippets.shop.domain.customer import UnknownCustomerError
from snippets.shop.domain.order import (
    InvalidOrderError,
    OrderNotCancellableError,
)
from snippets.shop.domain.pricing import Pricing
from snippets.shop.domain.product import UnknownProductError
from snippets.shop.domain.stock import (
    MAX_ON_HAND,
    ShelfFullError,
    StockItem,
)
from snippets.shop.main import TIER_DISCOUNTS
from tests.shop.conftest import CUSTOMER, POT, TEA


@pytest.fixture
def place(storage):
    use_case = PlaceOrder(storage.unit_of_work, Pricing(TIER_DISCOUNTS))

    async def call(*items, customer_id=CUSTOMER.id) -> OrderDetails:
        placed = []

        def to_answer(order):
            placed.append(order)
            return Answer(201, {}, str(order.id).encode())

        request = KeyedRequest("Ada", "POST /orders", uuid4().hex, b"")
        new = NewOrder(customer_id, [Item(*item) for item in items])
        await use_case(new, request, to_answer)
        return placed[0]

    return call


@pytest.fixture
def cancel(storage):
    return CancelOrder(storage.unit_of_work)


KEYED = KeyedRequest("Ada", "POST /orders", "a-key-of-the-client", b"one tea")
CREATED = Answer(201, {"Location": "/orders/1"}, b"an order")


async def answer_once(unit_of_work: UnitOfWorkFactory, request=KEYED):
    async def effect():
        return CREATED

    async with unit_of_work() as work:
        answer = await once(work.answers, request, effect)
        await work.commit()
    return answer


async def test_a_repeated_request_gets_the_first_answer(storage):
    first = await answer_once(storage.unit_of_work)
    again = await answer_once(storage.unit_of_work)

    assert first == CREATED
    assert again == replace(CREATED, replayed=True)


async def test_a_request_that_is_being_answered_is_not_answered_again(storage):
    async with storage.unit_of_work() as first:
        assert await first.answers.find(KEYED) is None
        async with storage.unit_of_work() as second:
            with pytest.raises(RequestInFlightError):
                await second.answers.find(KEYED)
        with pytest.raises(RequestInFlightError):  # nor did that set it free
            await answer_once(storage.unit_of_work)

    assert await answer_once(storage.unit_of_work) == CREATED


async def test_an_answer_that_is_not_committed_is_forgotten(storage):
    async with storage.unit_of_work() as work:
        await work.answers.find(KEYED)
        await work.answers.add(KEYED, CREATED)

    assert await answer_once(storage.unit_of_work) == CREATED


async def test_a_key_belongs_to_one_request_of_one_caller(storage):
    await answer_once(storage.unit_of_work)

    with pytest.raises(KeyReusedError):
        await answer_once(
            storage.unit_of_work, replace(KEYED, fingerprint=b"two teas")
        )
    for other in ({"caller": "Bob"}, {"operation": "POST /refunds"}):
        answer = await answer_once(
            storage.unit_of_work, replace(KEYED, **other)
        )
        assert not answer.replayed


async def test_an_order_that_is_refused_leaves_its_key_free(storage, place):
    request = replace(KEYED, key="another-key-of-the-client")
    place_order = PlaceOrder(storage.unit_of_work, Pricing(TIER_DISCOUNTS))
    order = NewOrder(CUSTOMER.id, [Item("NOTHING", 1)])

    with pytest.raises(UnknownProductError):
        await place_order(order, request, lambda _: CREATED)

    assert await answer_once(storage.unit_of_work, request) == CREATED


class Account:
    """Fits the port in `payments`; it remembers, and may refuse."""

    def __init__(self):
        self.refuses = False
        self.charged = {}
        self.refunded = []

    async def charge(self, order_id, amount):
        if self.refuses:
            raise RefusedError("declined")
        self.charged[order_id] = amount

    async def refund(self, order_id):
        self.refunded.append(order_id)


@pytest.fixture
def account():
    return Account()


async def run(saga, definition):
    """Every step twice, as if each had been killed before it was noted."""
    while not saga.has_ended:
        compensating = saga.status is SagaStatus.COMPENSATING
        step = definition.steps[saga.step]
        action = step.undo if compensating else step.run
        try:
            for _ in range(2):
                await action(saga.key(step), saga.data)
        except RefusedError as error:
            saga.failed(error, definition, give_up_after=5)
        else:
            saga.succeeded(definition)
    return saga.status


@pytest.fixture
def fulfilment(storage, account):
    return Fulfilment(storage.unit_of_work, account).definition()


@pytest.fixture
def fulfil(storage, fulfilment):
    async def call(details) -> OrderDetails:
        async with storage.unit_of_work() as work:
            order = await work.orders.get(details.id)
        await run(new_fulfilment(order), fulfilment)
        return await storage.queries.details(order.id)

    return call


async def on_hand(unit_of_work: UnitOfWorkFactory):
    async with unit_of_work() as work:
        stock = await work.stock.lock({TEA.sku, POT.sku})
    return {sku: item.on_hand for sku, item in stock.items()}


async def test_an_order_is_stored_at_the_customers_price(place, storage):
    order = await place((TEA.sku, 2), (POT.sku, 1))

    assert order.total == Money.of("35.82", "EUR")  # gold: 10 per cent off
    assert order.status is OrderStatus.PENDING
    assert await storage.queries.details(order.id) == order


async def test_an_order_starts_its_fulfilment_and_takes_nothing_yet(
    place, storage
):
    await place((TEA.sku, 2))

    assert await storage.sagas() == ["fulfilment"]
    assert (await on_hand(storage.unit_of_work))[TEA.sku] == 10


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ([("TEA-1", 1), ("NOTHING", 1)], UnknownProductError),
        ([("TEA-1", 1), ("TEA-1", 1)], InvalidOrderError),
        ([], InvalidOrderError),
    ],
)
async def test_a_refused_order_changes_nothing(place, storage, items, error):
    with pytest.raises(error):
        await place(*items)

    assert await storage.queries.summaries() == []
    assert await storage.sagas() == []


@pytest.mark.parametrize("sku", ["TEA\0", "\ud800"])
async def test_an_article_that_no_table_can_name_is_not_sold(place, sku):
    with pytest.raises(UnknownProductError):
        await place((TEA.sku, 1), (sku, 1))


@pytest.mark.parametrize("pieces", [-(2**31), -1, 0, True, 1.0, 2**31, 2**63])
async def test_so_many_pieces_are_no_order(place, storage, pieces):
    with pytest.raises(InvalidOrderError):
        await place((TEA.sku, pieces))

    assert await storage.queries.summaries() == []


async def test_only_a_customer_can_order(place):
    with pytest.raises(UnknownCustomerError):
        await place((TEA.sku, 1), customer_id=uuid4())


async def test_a_paid_order_is_confirmed_and_has_its_pieces(
    place, fulfil, storage, account
):
    order = await fulfil(await place((TEA.sku, 2), (POT.sku, 1)))

    assert order.status is OrderStatus.CONFIRMED
    assert account.charged == {order.id: Money.of("35.82", "EUR")}
    assert await on_hand(storage.unit_of_work) == {TEA.sku: 8, POT.sku: 0}
    assert await storage.event_types() == ["order.confirmed"]


async def test_a_declined_payment_cancels_and_puts_the_pieces_back(
    place, fulfil, storage, account
):
    account.refuses = True
    order = await fulfil(await place((TEA.sku, 2)))

    assert order.status is OrderStatus.CANCELLED
    assert (await on_hand(storage.unit_of_work))[TEA.sku] == 10
    assert await storage.event_types() == ["order.cancelled"]


async def test_an_order_of_too_many_pieces_is_cancelled_and_not_charged(
    place, fulfil, storage, account
):
    order = await fulfil(await place((TEA.sku, 1), (POT.sku, 2)))

    assert order.status is OrderStatus.CANCELLED
    assert account.charged == {}
    assert await on_hand(storage.unit_of_work) == {TEA.sku: 10, POT.sku: 1}


async def test_of_two_orders_for_the_last_piece_one_is_confirmed(
    place, fulfil, storage
):
    orders = [await place((POT.sku, 1)) for _ in range(2)]
    outcomes = await asyncio.gather(*map(fulfil, orders))

    assert {order.status for order in outcomes} == {
        OrderStatus.CONFIRMED,
        OrderStatus.CANCELLED,
    }
    assert (await on_hand(storage.unit_of_work))[POT.sku] == 0


async def test_orders_for_the_same_products_do_not_block_each_other(
    place, fulfil, storage
):
    items = [(TEA.sku, 1), (POT.sku, 1)]
    orders = [await place(*items), await place(*reversed(items))]
    orders += [await place((TEA.sku, 1)) for _ in range(8)]

    outcomes = await asyncio.gather(*map(fulfil, orders))

    statuses = [order.status for order in outcomes]
    assert statuses.count(OrderStatus.CANCELLED) == 1
    assert await on_hand(storage.unit_of_work) == {TEA.sku: 1, POT.sku: 0}


async def test_a_reservation_that_comes_late_takes_nothing(
    place, fulfil, fulfilment, storage, account
):
    account.refuses = True
    order = await fulfil(await place((TEA.sku, 2)))

    late = fulfilment.steps[1]
    with pytest.raises(RefusedError, match="released"):
        await late.run("key", {"order_id": str(order.id)})

    assert (await on_hand(storage.unit_of_work))[TEA.sku] == 10


async def test_a_cancelled_order_puts_its_pieces_back(
    place, fulfil, cancel, storage
):
    order = await fulfil(await place((TEA.sku, 2)))

    cancelled = await cancel(order.id, "Too dear")

    assert cancelled.status is OrderStatus.CANCELLED
    assert await storage.queries.details(order.id) == cancelled
    assert await storage.event_types() == ["order.confirmed", "order.cancelled"]
    assert (await on_hand(storage.unit_of_work))[TEA.sku] == 10


async def test_a_cancelled_order_starts_a_refund_of_its_own(
    place, fulfil, cancel, storage
):
    order = await fulfil(await place((TEA.sku, 2)))

    await cancel(order.id, "Too dear")

    assert await storage.sagas() == ["fulfilment", "refund"]


async def test_a_refund_is_given_for_the_order(account):
    order = Order(customer_id=CUSTOMER.id, currency="EUR")

    ended = await run(new_refund(order), Refund(account).definition())

    assert ended is SagaStatus.COMPLETED
    assert set(account.refunded) == {order.id}


async def test_a_full_shelf_refuses_the_cancellation_and_nothing_else(
    place, fulfil, cancel, storage
):
    order = await fulfil(await place((TEA.sku, 2)))
    async with storage.unit_of_work() as work:
        await work.stock.lock({TEA.sku})
        await work.stock.save([StockItem(TEA.sku, MAX_ON_HAND)])
        await work.commit()

    with pytest.raises(ShelfFullError):
        await cancel(order.id, "Too dear")

    assert await storage.queries.details(order.id) == order
    assert (await on_hand(storage.unit_of_work))[TEA.sku] == MAX_ON_HAND


async def test_an_order_is_cancelled_once(place, fulfil, cancel, storage):
    order = await fulfil(await place((TEA.sku, 2)))
    await cancel(order.id, "Too dear")

    with pytest.raises(OrderNotCancellableError):
        await cancel(order.id, "Too dear")

    assert (await on_hand(storage.unit_of_work))[TEA.sku] == 10


async def test_an_order_that_is_being_paid_for_cannot_be_cancelled(
    place, cancel, storage
):
    order = await place((TEA.sku, 2))

    with pytest.raises(OrderNotCancellableError, match="wait"):
        await cancel(order.id, "Too dear")

    assert await storage.sagas() == ["fulfilment"]


async def test_an_unknown_order_cannot_be_cancelled(cancel):
    with pytest.raises(OrderNotFoundError):
        await cancel(uuid4(), "Too dear")
