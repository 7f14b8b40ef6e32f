"""The contract of the storage, kept in memory and on PostgreSQL alike."""

import asyncio
from types import NoneType
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.architecture_patterns.order_repository import (
    OrderChangedError,
    OrderNotFoundError,
)
from snippets.architecture_patterns.outbox import OutboxRelay
from snippets.architecture_patterns.storage_errors import (
    StorageUnavailableError,
)
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus
from snippets.shop.application.order_queries import OrderDetails
from snippets.shop.domain.customer import UnknownCustomerError
from snippets.shop.domain.order import cancel, place
from snippets.shop.domain.product import UnknownProductError
from snippets.shop.infrastructure import in_memory as memory
from snippets.shop.infrastructure import postgres_repositories
from snippets.shop.infrastructure.demo_data import (
    DEMO_CUSTOMER_ID,
    insert_demo_data,
)
from snippets.shop.infrastructure.postgres_order_queries import (
    PostgresOrderQueries,
)
from snippets.shop.infrastructure.postgres_unit_of_work import (
    PostgresUnitOfWork,
)
from snippets.shop.infrastructure.tables import create_tables
from tests.servers import free_port
from tests.shop.conftest import CUSTOMER, POT, TEA


def an_order(*products):
    lines = [OrderLine(product.sku, 2, product.price) for product in products]
    return place(CUSTOMER.id, lines or [OrderLine(TEA.sku, 2, TEA.price)])


async def store(storage, order):
    async with storage.unit_of_work() as work:
        await work.orders.add(order)
        await work.commit()
    return order


def state(order):
    return {**vars(order), "_events": None}


async def test_a_customer_comes_as_it_is(storage):
    async with storage.unit_of_work() as work:
        customer = await work.customers.get(CUSTOMER.id)
    assert vars(customer) == vars(CUSTOMER)


async def test_nobody_else_is_a_customer(storage):
    async with storage.unit_of_work() as work:
        with pytest.raises(UnknownCustomerError):
            await work.customers.get(uuid4())


async def test_products_come_by_sku(storage):
    async with storage.unit_of_work() as work:
        products = await work.products.get_all({TEA.sku, POT.sku})
    assert products == {TEA.sku: TEA, POT.sku: POT}


async def test_what_is_not_sold_is_named(storage):
    async with storage.unit_of_work() as work:
        with pytest.raises(UnknownProductError, match="Not sold here: A, B"):
            await work.products.get_all({"B", TEA.sku, "A"})


async def test_what_was_never_stocked_has_no_pieces(storage):
    async with storage.unit_of_work() as work:
        stock = await work.stock.lock({"NOTHING"})
    assert stock["NOTHING"].on_hand == 0


async def test_saved_stock_is_seen_by_the_next(storage):
    async with storage.unit_of_work() as work:
        stock = await work.stock.lock({TEA.sku})
        stock[TEA.sku].take(4)
        await work.stock.save(stock.values())
        assert (await work.stock.lock({TEA.sku}))[TEA.sku].on_hand == 6
        await work.commit()

    async with storage.unit_of_work() as work:
        assert (await work.stock.lock({TEA.sku}))[TEA.sku].on_hand == 6


async def test_stock_that_was_not_committed_stays(storage):
    async with storage.unit_of_work() as work:
        stock = await work.stock.lock({TEA.sku})
        stock[TEA.sku].take(4)
        await work.stock.save(stock.values())

    async with storage.unit_of_work() as work:
        assert (await work.stock.lock({TEA.sku}))[TEA.sku].on_hand == 10


async def test_whoever_locks_second_sees_what_the_first_left(storage):
    first_has_it, seen = asyncio.Event(), []

    async def first():
        async with storage.unit_of_work() as work:
            stock = await work.stock.lock({TEA.sku})
            first_has_it.set()
            stock[TEA.sku].take(4)
            await work.stock.save(stock.values())
            await work.commit()

    async def second():
        await first_has_it.wait()
        async with storage.unit_of_work() as work:
            stock = await work.stock.lock({TEA.sku})
            seen.append(stock[TEA.sku].on_hand)

    await asyncio.gather(first(), second())
    assert seen == [6]


async def test_an_order_comes_out_as_it_went_in(storage):
    order = await store(storage, an_order(TEA, POT))

    async with storage.unit_of_work() as work:
        assert state(await work.orders.get(order.id)) == state(order)


async def test_within_its_unit_an_order_is_there_at_once(storage):
    order = an_order()
    async with storage.unit_of_work() as work:
        await work.orders.add(order)
        assert state(await work.orders.get(order.id)) == state(order)


async def test_an_unknown_order_is_not_found(storage):
    async with storage.unit_of_work() as work:
        with pytest.raises(OrderNotFoundError):
            await work.orders.get(uuid4())
    with pytest.raises(OrderNotFoundError):
        await storage.queries.details(uuid4())


async def test_what_was_not_committed_is_gone_with_its_events(storage):
    order = an_order()
    async with storage.unit_of_work() as work:
        await work.orders.add(order)

    assert await storage.queries.summaries() == []
    assert await storage.event_names() == []


async def test_a_new_status_is_kept_with_its_event(storage):
    order = await store(storage, an_order())

    async with storage.unit_of_work() as work:
        changed = await work.orders.get(order.id)
        cancel(changed, "Too dear")
        await work.orders.save(changed)
        await work.commit()

    details = await storage.queries.details(order.id)
    assert details.status is OrderStatus.CANCELLED
    assert await storage.event_names() == ["OrderConfirmed", "OrderCancelled"]


async def test_the_later_of_two_changes_is_refused(storage):
    order = await store(storage, an_order())

    async def pay(work, seen_by_both):
        seen = await work.orders.get(order.id)
        await seen_by_both.wait()
        seen.mark_paid()
        await work.orders.save(seen)
        await work.commit()

    both = asyncio.Barrier(2)
    async with storage.unit_of_work() as one, storage.unit_of_work() as other:
        outcomes = await asyncio.gather(
            pay(one, both), pay(other, both), return_exceptions=True
        )

    assert {type(outcome) for outcome in outcomes} == {
        NoneType,
        OrderChangedError,
    }

    assert await storage.event_names() == ["OrderConfirmed", "OrderPaid"]


async def test_details_tell_what_the_order_tells(storage):
    order = await store(storage, an_order(TEA, POT))

    assert await storage.queries.details(order.id) == OrderDetails.of(order)


async def test_summaries_come_by_id_in_pages(storage):
    stored = [await store(storage, an_order(TEA, POT)) for _ in range(3)]
    ids = sorted(order.id for order in stored)

    page = await storage.queries.summaries(limit=2)
    rest = await storage.queries.summaries(after=page[-1].id, limit=2)

    assert [summary.id for summary in page + rest] == ids
    assert {(summary.pieces, summary.total) for summary in page} == {
        (4, stored[0].total)
    }


async def test_summaries_may_be_of_one_customer(storage):
    order = await store(storage, an_order())

    mine = await storage.queries.summaries(customer_id=CUSTOMER.id)
    others = await storage.queries.summaries(customer_id=uuid4())

    assert [summary.id for summary in mine] == [order.id]
    assert others == []


async def test_in_memory_nobody_shares_an_object_with_the_store():
    store = memory.Store(customers={CUSTOMER.id: CUSTOMER})
    order = an_order()
    async with memory.InMemoryUnitOfWork(store) as work:
        await work.orders.add(order)
        await work.commit()
        customer = await work.customers.get(CUSTOMER.id)

    cancel(order, "Too dear")

    assert customer is not CUSTOMER
    assert store.orders[order.id].status is OrderStatus.CONFIRMED


class Published:
    """A publisher that remembers."""

    def __init__(self):
        self.messages = []

    async def publish(self, subject, payload, message_id):
        self.messages.append((subject, message_id))


async def test_the_relay_publishes_an_event_under_its_own_id(engine, postgres):
    order = an_order()
    async with postgres.unit_of_work() as work:
        await work.orders.add(order)
        (event,) = work.orders.events
        await work.commit()
    published = Published()

    await OutboxRelay(engine, published).run_once()

    assert published.messages == [
        ("orders.OrderConfirmed", str(event.event_id))
    ]


async def test_postgres_refuses_stock_below_nothing(engine):
    with pytest.raises(Exception, match="on_hand"):
        async with engine.begin() as connection:
            await connection.execute(text("update stock set on_hand = -1"))


async def test_tables_and_demo_data_can_be_made_again(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        for _ in range(2):
            await create_tables(connection)
            await insert_demo_data(connection)
    async with AsyncSession(engine) as session:
        customers = postgres_repositories.PostgresCustomers(session)
        assert (await customers.get(DEMO_CUSTOMER_ID)).name == "Ada Lovelace"
    await engine.dispose()


@pytest.fixture
async def nowhere():
    """An engine whose database nobody serves."""
    engine = create_async_engine(
        f"postgresql+asyncpg://127.0.0.1:{free_port()}/shop"
    )
    yield engine
    await engine.dispose()


async def test_a_unit_of_work_out_of_reach_says_so(nowhere):
    with pytest.raises(StorageUnavailableError):
        async with PostgresUnitOfWork(nowhere) as work:
            await work.orders.get(uuid4())


async def test_queries_out_of_reach_say_so(nowhere):
    with pytest.raises(StorageUnavailableError):
        await PostgresOrderQueries(nowhere).summaries()


async def test_another_error_of_a_query_is_not_taken_for_it(asyncpg_url):
    engine = create_async_engine(asyncpg_url)  # without tables
    with pytest.raises(Exception, match="does not exist"):
        await PostgresOrderQueries(engine).details(uuid4())
    await engine.dispose()


async def test_a_connection_that_was_cut_is_storage_out_of_reach(
    postgres_url, postgres
):
    async def read_cut_off():
        async with postgres.unit_of_work() as work:
            await work.products.get_all({TEA.sku})
            with psycopg.connect(postgres_url) as other:
                other.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database()"
                    " and pid <> pg_backend_pid()"
                )
            await work.products.get_all({POT.sku})

    with pytest.raises(StorageUnavailableError):
        await read_cut_off()
