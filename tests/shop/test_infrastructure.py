"""The contract of the storage, kept in memory and on PostgreSQL alike."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from types import NoneType
from uuid import uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from guide.layout import ROOT
from servers.ports import reserved_port
from snippets.api_design.idempotency_key import IdempotencyKeyRow
from snippets.architecture_patterns.order_repository import (
    OrderChangedError,
    OrderNotFoundError,
)
from snippets.code_style.errors import DatabaseError
from snippets.database_patterns.migration_stairway import stairway
from snippets.database_patterns.schema_catalog import drift
from snippets.domain_driven_design.domain_events import (
    OrderCancelled,
    OrderEvent,
)
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus
from snippets.event_driven.background import background
from snippets.event_driven.http_payments import UnknownOutcomeError
from snippets.event_driven.in_memory_bus import InMemoryBus
from snippets.event_driven.outbox_recorder import TYPES, to_envelope
from snippets.event_driven.participants import RefusedError
from snippets.event_driven.relay import OutboxRelay
from snippets.shop.application.fulfilment import new_fulfilment
from snippets.shop.application.order_queries import OrderDetails
from snippets.shop.domain.customer import UnknownCustomerError
from snippets.shop.domain.order import place
from snippets.shop.domain.product import UnknownProductError
from snippets.shop.domain.stock import (
    NotStockedError,
    Reservation,
    ReservationStatus,
)
from snippets.shop.infrastructure import in_memory as memory
from snippets.shop.infrastructure import postgres_repositories
from snippets.shop.infrastructure.demo_data import (
    DEMO_CUSTOMER_ID,
    insert_demo_data,
)
from snippets.shop.infrastructure.housekeeping import keep_house
from snippets.shop.infrastructure.http_payments import HttpPaymentProvider
from snippets.shop.infrastructure.postgres_order_queries import (
    PostgresOrderQueries,
)
from snippets.shop.infrastructure.postgres_unit_of_work import (
    PostgresUnitOfWork,
)
from snippets.shop.infrastructure.tables import (
    all_tables,
    create_tables,
    one_of,
)
from snippets.shop.infrastructure.unreadable_rows import UnreadableRowError
from snippets.shop.wiring import Settings, opened
from tests.shop.conftest import CUSTOMER, POT, TEA
from tests.snippets.database_patterns.migrating import History
from tests.support.databases import LEVELS
from tests.support.until import async_until


def an_order(*products):
    lines = [OrderLine(product.sku, 2, product.price) for product in products]
    return place(CUSTOMER.id, lines or [OrderLine(TEA.sku, 2, TEA.price)])


async def store(storage, order):
    async with storage.unit_of_work() as work:
        await work.orders.add(order)
        await work.commit()
    return order


def state(order):
    return {**vars(order), "_status": order.status, "_events": None}


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


@pytest.mark.parametrize("sku", ["TEA\0", "\ud800"])
async def test_what_no_table_can_name_was_never_stocked(storage, sku):
    async with storage.unit_of_work() as work:
        stock = await work.stock.lock({sku, TEA.sku})
    assert [stock[sku].on_hand, stock[TEA.sku].on_hand] == [0, 10]


async def test_pieces_of_what_was_never_stocked_are_not_lost_in_silence(
    storage,
):
    async with storage.unit_of_work() as work:
        stock = await work.stock.lock({"NOTHING"})
        await work.stock.save(stock.values())  # none, and none to lose
        stock["NOTHING"].put_back(2)
        with pytest.raises(NotStockedError, match="Nowhere to keep NOTHING"):
            await work.stock.save(stock.values())


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


async def test_what_was_not_committed_is_gone_with_all_that_follows(storage):
    order = an_order()
    order.confirm()
    async with storage.unit_of_work() as work:
        await work.orders.add(order)
        await work.stock.save_reservation(
            await work.stock.lock_reservation(order.id)
        )
        await work.sagas.start(new_fulfilment(order))

    assert await storage.queries.summaries() == []
    assert await storage.event_types() == []
    assert await storage.sagas() == []


async def test_what_follows_is_committed_with_the_order(storage):
    order = an_order()
    order.confirm()
    async with storage.unit_of_work() as work:
        await work.orders.add(order)
        await work.sagas.start(new_fulfilment(order))
        await work.commit()

    assert await storage.event_types() == ["order.confirmed"]
    assert await storage.sagas() == ["fulfilment"]


async def test_an_order_has_an_open_reservation_until_another_is_saved(storage):
    order = await store(storage, an_order())

    async with storage.unit_of_work() as work:
        reservation = await work.stock.lock_reservation(order.id)
        assert reservation == Reservation(order.id)
        reservation.status = ReservationStatus.HELD
        await work.stock.save_reservation(reservation)
        await work.commit()

    async with storage.unit_of_work() as work:
        saved = await work.stock.lock_reservation(order.id)
    assert saved == Reservation(order.id, ReservationStatus.HELD)


async def test_whoever_locks_a_reservation_second_sees_what_the_first_left(
    storage,
):
    order = await store(storage, an_order())
    first_has_it, seen = asyncio.Event(), []

    async def first():
        async with storage.unit_of_work() as work:
            reservation = await work.stock.lock_reservation(order.id)
            first_has_it.set()
            reservation.status = ReservationStatus.RELEASED
            await work.stock.save_reservation(reservation)
            await work.commit()

    async def second():
        await first_has_it.wait()
        async with storage.unit_of_work() as work:
            reservation = await work.stock.lock_reservation(order.id)
            seen.append(reservation.status)

    await asyncio.gather(first(), second())
    assert seen == [ReservationStatus.RELEASED]


async def test_a_new_status_is_kept_with_its_event(storage):
    order = await store(storage, an_order())

    async with storage.unit_of_work() as work:
        changed = await work.orders.get(order.id)
        changed.cancel("Too dear")
        await work.orders.save(changed)
        await work.commit()

    details = await storage.queries.details(order.id)
    assert details.status is OrderStatus.CANCELLED
    assert await storage.event_types() == ["order.cancelled"]


async def test_the_later_of_two_changes_is_refused(storage):
    order = await store(storage, an_order())

    async def confirm(work, seen_by_both):
        seen = await work.orders.get(order.id)
        await seen_by_both.wait()
        seen.confirm()
        await work.orders.save(seen)
        await work.commit()

    both = asyncio.Barrier(2)
    async with storage.unit_of_work() as one, storage.unit_of_work() as other:
        outcomes = await asyncio.gather(
            confirm(one, both), confirm(other, both), return_exceptions=True
        )

    assert {type(outcome) for outcome in outcomes} == {
        NoneType,
        OrderChangedError,
    }

    assert await storage.event_types() == ["order.confirmed"]


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

    order.confirm()

    assert customer is not CUSTOMER
    assert store.orders[order.id].status is OrderStatus.PENDING


async def test_the_relay_publishes_an_event_under_its_own_id(engine, postgres):
    order = an_order()
    order.confirm()
    async with postgres.unit_of_work() as work:
        await work.orders.add(order)
        (event,) = work.orders.events
        await work.commit()
    bus, published = InMemoryBus(), []

    async def receive(envelope):
        published.append((envelope.type, envelope.subject, envelope.id))

    async with bus.subscribe("test", {"order.confirmed"}, receive):
        await OutboxRelay(engine, bus).run_once()

    assert published == [
        ("order.confirmed", f"order-{order.id}", event.event_id)
    ]


def test_every_event_of_an_order_has_a_type_for_others():
    # By name: with slots, a dataclass is made twice.
    kinds = {kind.__name__ for kind in OrderEvent.__subclasses__()}
    assert {kind.__name__ for kind in TYPES} == kinds


def test_an_event_tells_others_what_its_class_tells():
    event = OrderCancelled(order_id=uuid4(), reason="Too dear")

    envelope = to_envelope(event)

    assert envelope.id == event.event_id
    assert envelope.time == event.occurred_at
    assert envelope.data == {
        "order_id": str(event.order_id),
        "reason": "Too dear",
    }


@pytest.fixture
async def payments(provider):
    async with httpx.AsyncClient(base_url=provider.url) as client:
        yield HttpPaymentProvider(client)


async def test_an_order_is_charged_once_however_often(payments, provider):
    order_id = uuid4()
    for _ in range(2):
        await payments.charge(order_id, Money.of("9.80", "EUR"))

    assert list(provider.charges.values()) == [980]


async def test_a_declined_charge_is_a_refusal(payments, provider):
    provider.declines = True
    with pytest.raises(RefusedError):
        await payments.charge(uuid4(), Money.of("9.80", "EUR"))


async def test_other_money_than_the_accounts_is_refused(payments, provider):
    with pytest.raises(RefusedError, match="USD"):
        await payments.charge(uuid4(), Money.of("9.80", "USD"))
    assert provider.requests == []


async def test_a_refund_names_its_charge_and_is_given_once(payments, provider):
    order_id = uuid4()
    await payments.charge(order_id, Money.of("9.80", "EUR"))
    for _ in range(2):
        await payments.refund(order_id)

    assert list(provider.refunds.values()) == list(provider.charges)


async def test_a_refund_that_somebody_else_answers_is_asked_for_again(
    payments, provider
):
    order_id = uuid4()
    await payments.charge(order_id, Money.of("9.80", "EUR"))
    provider.instead = [(HTTPStatus.OK, b"<html>Please log in</html>")]
    with pytest.raises(UnknownOutcomeError):
        await payments.refund(order_id)
    await payments.refund(order_id)

    assert len(provider.refunds) == 1


async def test_a_refund_that_did_not_succeed_raises(payments, provider):
    provider.unavailable = 1
    with pytest.raises(httpx.HTTPError):
        await payments.refund(uuid4())


@pytest.mark.parametrize("price", ["-0.01", "10000000000", "NaN"])
async def test_postgres_refuses_a_price_that_no_product_has(engine, price):
    with pytest.raises(IntegrityError, match="price"):
        async with engine.begin() as connection:
            await connection.execute(
                text("update products set price = cast(:price as numeric)"),
                {"price": Decimal(price)},
            )


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
    with reserved_port() as port:
        engine = create_async_engine(
            f"postgresql+asyncpg://127.0.0.1:{port}/shop"
        )
        yield engine
        await engine.dispose()


async def test_a_unit_of_work_out_of_reach_says_so(nowhere):
    with pytest.raises(DatabaseError):
        async with PostgresUnitOfWork(nowhere) as work:
            await work.orders.get(uuid4())


async def test_queries_out_of_reach_say_so(nowhere):
    with pytest.raises(DatabaseError):
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

    with pytest.raises(DatabaseError):
        await read_cut_off()


@pytest.mark.parametrize("level", LEVELS)
async def test_its_level_is_read_committed_whatever_the_engines_is(
    postgres, at_level, level
):
    async with PostgresUnitOfWork(at_level(level)) as work:
        await work.orders.add(an_order())
        transaction = await work._session.scalar(
            text("select current_setting('transaction_isolation')")
        )

    assert transaction == "read committed"
    assert await postgres.queries.summaries() == []


@pytest.mark.parametrize("level", LEVELS)
async def test_processes_that_start_at_once_create_the_tables_once(
    asyncpg_url, at_level, level
):
    """Each waits for the one before it, and then sees its tables."""
    engines = [at_level(level) for _ in range(4)]
    settings = Settings(asyncpg_url, demo_data=True)

    async def start(engine):
        async with opened(engine, settings):
            pass

    await asyncio.gather(*map(start, engines))


BY_HAND = {
    "update products set price = 4.905 where sku = 'TEA-1'",
    "update products set price = 'NaN' where sku = 'TEA-1'",
    "update products set price = 4.5, currency = 'JPY' where sku = 'TEA-1'",
    "update products set currency = 'XXX' where sku = 'TEA-1'",
    "update customers set tier = 'platinum'",
    "update orders set status = 'lost'",
    "update orders set currency = 'eur'",
    "update order_lines set quantity = 0",
    "update order_lines set unit_price = -1",
    "update order_lines set unit_price = 'NaN'",
    "update reservations set status = 'maybe'",
}


async def hold(postgres, order):
    async with postgres.unit_of_work() as work:
        await work.stock.lock_reservation(order.id)
        await work.commit()


@pytest.mark.parametrize("by_hand", sorted(BY_HAND))
async def test_the_tables_refuse_what_nobody_could_read(
    engine, postgres, by_hand
):
    await hold(postgres, await store(postgres, an_order(TEA)))

    with pytest.raises(IntegrityError, match="check constraint"):
        async with engine.begin() as connection:
            await connection.execute(text(by_hand))


@pytest.mark.parametrize(
    "by_hand", sorted(each for each in BY_HAND if "products" in each)
)
async def test_a_product_that_nobody_can_read_costs_no_other(
    postgres, older_tables, by_hand
):
    await older_tables(by_hand)
    async with postgres.unit_of_work() as work:
        assert await work.products.get_all({POT.sku}) == {POT.sku: POT}
        with pytest.raises(UnreadableRowError, match="products, row TEA-1: "):
            await work.products.get_all({POT.sku, TEA.sku})


async def test_rows_that_nobody_can_read_are_named(postgres, older_tables):
    order = await store(postgres, an_order(TEA))
    await hold(postgres, order)
    await older_tables(
        "update customers set tier = 'platinum'",
        "update orders set status = 'lost'",
        "update reservations set status = 'maybe'",
        "update stock set on_hand = -1 where sku = 'TEA-1'",
    )

    async def named(match, reading):
        with pytest.raises(UnreadableRowError, match=match):
            await reading

    async with postgres.unit_of_work() as work:
        await named("customers, row ", work.customers.get(CUSTOMER.id))
        await named(f"orders, row {order.id}", work.orders.get(order.id))
        await named("reservations, ", work.stock.lock_reservation(order.id))
        await named("stock, row .*TEA-1", work.stock.lock({TEA.sku}))
    await named(f"orders, row {order.id}", postgres.queries.details(order.id))
    await named(f"orders, row {order.id}", postgres.queries.summaries())


@pytest.mark.parametrize("first", ["public", "Shop"])
async def test_the_tables_of_another_schema_are_somebody_elses(
    asyncpg_url, first
):
    """Whatever theirs are called, and although ``search_path`` leads there."""
    path = {"search_path": f'"{first}", theirs'}
    engine = create_async_engine(
        asyncpg_url, connect_args={"server_settings": path}
    )
    async with engine.begin() as connection:
        for statement in (
            f'create schema if not exists "{first}"',
            "create schema theirs",
            "create table theirs.orders (note text)",
            "create table theirs.customers (note text)",
            "create table theirs.outbox (note text)",
        ):
            await connection.execute(text(statement))

    for _ in range(2):  # a second process finds them
        async with (
            opened(engine, Settings(asyncpg_url, demo_data=True)),
            engine.connect() as connection,
        ):
            schemas = await connection.scalars(
                text(
                    "select schemaname from pg_tables where tablename in"
                    " ('orders', 'customers', 'outbox', 'sagas')"
                    " order by schemaname = 'theirs'"
                )
            )
            assert list(schemas) == [first] * 4 + ["theirs"] * 3
            shown = await connection.scalar(text("show search_path"))
            assert shown == path["search_path"]


async def test_what_cannot_be_entered_says_why_and_holds_nothing(asyncpg_url):
    nowhere = create_async_engine(asyncpg_url + "-nowhere")
    work = PostgresUnitOfWork(nowhere)
    with pytest.raises(Exception, match="does not exist"):
        await work.__aenter__()

    assert nowhere.pool.checkedout() == 0
    await nowhere.dispose()


async def test_a_server_that_is_away_is_storage_trouble_on_entering():
    away = create_async_engine("postgresql+asyncpg://shop@127.0.0.1:1/shop")
    with pytest.raises(DatabaseError):
        await PostgresUnitOfWork(away).__aenter__()
    await away.dispose()


def test_a_check_lists_what_the_domain_can_read():
    assert str(one_of("tier", ["gold", "none"]).sqltext) == (
        "tier in ('gold', 'none')"
    )


async def test_answers_are_forgotten_after_a_day(engine):
    old, new = (
        {
            "caller": "Ada",
            "operation": "POST /orders",
            "key": key,
            "fingerprint": b"",
            "status": 201,
            "headers": {},
            "body": b"",
            "answered_at": datetime.now(UTC) - age,
        }
        for key, age in [
            ("of yesterday", timedelta(hours=25)),
            ("of today", timedelta(hours=23)),
        ]
    )
    async with engine.begin() as connection:
        await connection.execute(insert(IdempotencyKeyRow), [old, new])

    async def keys():
        async with engine.connect() as connection:
            query = select(IdempotencyKeyRow.key)
            return [*await connection.scalars(query)]

    async def is_forgotten():
        return await keys() != ["of yesterday", "of today"]

    async with background(keep_house(engine)):
        await async_until(is_forgotten)

    assert await keys() == ["of today"]


# migrate, for env.py, plays the revisions: r0001_tables.
MIGRATIONS = ROOT / "snippets/shop/infrastructure/migrations"


@pytest.fixture
def history(postgres_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    return History(postgres_url, MIGRATIONS)


def test_each_migration_of_the_shop_goes_up_down_and_up(history):
    stairway(history.config, history.schema)
    assert history.revision == [history.head]


async def test_the_migrations_of_the_shop_lead_to_its_tables(
    history, asyncpg_url
):
    await asyncio.to_thread(history.upgrade)
    engine = create_async_engine(asyncpg_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(drift, all_tables()) == []
    await engine.dispose()


async def test_alembic_finds_nothing_to_do_for_the_shop(history):
    await asyncio.to_thread(history.upgrade)
    await asyncio.to_thread(history.check)


async def test_on_a_migrated_database_the_shop_starts_and_creates_nothing(
    history, asyncpg_url
):
    await asyncio.to_thread(history.upgrade)
    history.sql("drop table stock")
    engine = create_async_engine(asyncpg_url)
    async with opened(engine, Settings(asyncpg_url)):
        pass
    assert history.sql("select to_regclass('stock')") == [None]


async def test_a_database_that_alembic_has_begun_is_alembics(
    history, asyncpg_url
):
    history.sql("create table alembic_version (version_num text)")
    engine = create_async_engine(asyncpg_url)
    async with opened(engine, Settings(asyncpg_url)):
        pass
    assert history.schema() == frozenset()
