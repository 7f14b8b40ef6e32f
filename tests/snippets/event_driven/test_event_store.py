"""Event store on PostgreSQL: of two writers, the later is refused."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import Index, func, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.code_style.errors import BusinessRuleError
from snippets.domain_driven_design.persistence import Base
from snippets.event_driven import (
    event_store,
    event_store_broken,
    event_store_conflict_broken,
)
from snippets.event_driven.event_sourced_order import (
    EventSourcedOrder,
)
from snippets.event_driven.event_store import (
    StoredEvent,
    StreamChangedError,
    append_to_stream,
    load,
)
from tests.support.databases import UNSTORABLE
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

WAITING = text(
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
)

all_ways = pytest.mark.parametrize(
    "module", [event_store, event_store_broken, event_store_conflict_broken]
)


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


async def store(engine, stream, order, module=event_store):
    async with engine.begin() as connection:
        await module.append_to_stream(
            connection, stream, order.version, order.events_to_store()
        )


async def loaded(engine, stream):
    async with engine.connect() as connection:
        return EventSourcedOrder.load(await load(connection, stream))


@pytest.fixture
async def stream(engine):
    """An order on which 9.80 are owed."""
    stream = uuid4()
    await store(engine, stream, EventSourcedOrder.place(980))
    return stream


@fix_and_twin(
    "module",
    event_store,
    event_store_broken,
    "Two payments arrive at once, the customer pays twice, "
    "and the order says that -9.80 are owed",
)
async def test_two_decisions_on_one_version_are_not_both_stored(
    engine, stream, module
):
    both_have_read = asyncio.Barrier(2)

    async def pay():
        order = await loaded(engine, stream)
        order.pay(980)
        await both_have_read.wait()
        async with one_at_a_time:
            await store(engine, stream, order, module)

    one_at_a_time = asyncio.Lock()
    outcomes = await asyncio.gather(pay(), pay(), return_exceptions=True)

    assert (await loaded(engine, stream)).owed_cents == 0
    assert [type(each) for each in outcomes if each] == [StreamChangedError]


async def test_it_holds_while_the_other_has_not_yet_committed(engine, stream):
    order = await loaded(engine, stream)
    order.pay(980)
    async with engine.begin() as first:
        await append_to_stream(
            first, stream, order.version, order.events_to_store()
        )
        second = asyncio.create_task(store(engine, stream, order))
        await somebody_waits(engine)
    with pytest.raises(StreamChangedError):
        await second


async def somebody_waits(engine):
    """Return when a statement waits for another transaction."""

    async def waiting():
        async with engine.connect() as observer:  # statistics once each
            return await observer.scalar(WAITING)

    await async_until(waiting)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize(
    "level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]
)
async def test_at_every_isolation_level_one_of_two_writers_is_refused(
    engine, stream, postgres_url, driver, level
):
    url = postgres_url.replace("postgresql:", f"postgresql+{driver}:")
    isolated = create_async_engine(url, isolation_level=level)
    both_have_read = asyncio.Barrier(2)

    async def pay():
        async with isolated.begin() as connection:
            order = EventSourcedOrder.load(await load(connection, stream))
            order.pay(980)
            await both_have_read.wait()
            await append_to_stream(
                connection, stream, order.version, order.events_to_store()
            )

    outcomes = await asyncio.gather(pay(), pay(), return_exceptions=True)
    await isolated.dispose()

    assert (await loaded(engine, stream)).owed_cents == 0
    (refusal,) = filter(None, outcomes)
    if level == "SERIALIZABLE" and isinstance(refusal, DBAPIError):
        assert refusal.orig.sqlstate == "40001"
    else:
        assert isinstance(refusal, StreamChangedError)


@pytest.mark.parametrize("expected", [-3, 0, 2, 10, 2**31, 2**63])
async def test_the_stream_must_be_at_the_version_named(
    engine, stream, expected
):
    order = EventSourcedOrder.place(100)
    order.version = expected
    with pytest.raises(StreamChangedError, match="is at version 1"):
        await store(engine, stream, order)
    assert (await loaded(engine, stream)).version == 1


@fix_and_twin(
    "module",
    event_store,
    event_store_conflict_broken,
    "An event that the table can never take is said to "
    "have come too late, and is decided and stored again, for ever",
    raises=StreamChangedError,
)
@pytest.mark.parametrize(
    ("kind", "data"),
    [
        pytest.param(None, {}, id="no type"),
        pytest.param("order.cancelled", None, id="no data"),
        pytest.param("order.cancelled", ["reason"], id="a list"),
    ],
)
async def test_what_is_no_event_is_not_taken_for_a_conflict(
    engine, stream, module, kind, data
):
    with pytest.raises(IntegrityError):
        async with engine.begin() as connection:
            await module.append_to_stream(connection, stream, 1, [(kind, data)])
    assert (await loaded(engine, stream)).version == 1


async def test_a_rule_of_your_own_is_not_taken_for_a_conflict(engine, stream):
    once = Index("paid_once", StoredEvent.data["payment"].astext, unique=True)
    StoredEvent.__table__.indexes.discard(once)  # of this test alone
    async with engine.begin() as connection:
        await connection.run_sync(once.create)
        await append_to_stream(
            connection, stream, 1, [("paid", {"payment": "7"})]
        )

    with pytest.raises(IntegrityError, match="paid_once"):
        async with engine.begin() as connection:
            await append_to_stream(
                connection, stream, 2, [("paid", {"payment": "7"})]
            )


async def test_after_a_refusal_the_decision_is_made_anew(engine, stream):
    stale = await loaded(engine, stream)
    paid = await loaded(engine, stream)
    paid.pay(980)
    await store(engine, stream, paid)

    stale.cancel("changed my mind")
    with pytest.raises(StreamChangedError):
        await store(engine, stream, stale)
    fresh = await loaded(engine, stream)
    with pytest.raises(BusinessRuleError):
        fresh.pay(1)


@all_ways
async def test_events_come_back_as_they_were_stored(engine, stream, module):
    order = await loaded(engine, stream)
    order.pay(400)
    order.cancel("out of tea")
    await store(engine, stream, order, module)

    async with engine.connect() as connection:
        assert await load(connection, stream) == [
            ("order.placed", {"total_cents": 980}),
            ("order.payment_received", {"cents": 400}),
            ("order.cancelled", {"reason": "out of tea"}),
        ]


@pytest.mark.parametrize("module", [event_store, event_store_conflict_broken])
async def test_a_version_that_is_taken_is_a_conflict(engine, stream, module):
    order = EventSourcedOrder.place(100)
    with pytest.raises(StreamChangedError):
        await store(engine, stream, order, module)


async def test_several_events_are_stored_together_or_not_at_all(engine, stream):
    order = await loaded(engine, stream)
    other = await loaded(engine, stream)
    other.pay(1)
    other.pay(1)
    await store(engine, stream, other)
    order.version += 1  # its second event would be free, its first is not
    order.pay(1)
    order.pay(1)

    with pytest.raises(StreamChangedError):
        await store(engine, stream, order)

    assert (await loaded(engine, stream)).version == 3


async def test_a_decision_that_changes_nothing_stores_nothing(engine, stream):
    order = await loaded(engine, stream)
    order.cancel("out of tea")
    await store(engine, stream, order)
    again = await loaded(engine, stream)
    again.cancel("still out of tea")

    await store(engine, stream, again)

    assert (await loaded(engine, stream)).version == 2


async def test_an_unknown_stream_is_empty(engine):
    async with engine.connect() as connection:
        assert await load(connection, uuid4()) == []


async def test_each_stream_has_events_and_versions_of_its_own(engine, stream):
    other = uuid4()
    for cents in (1, 2, 3):
        order = await loaded(engine, stream)
        order.pay(cents)
        await store(engine, stream, order)
    await store(engine, other, EventSourcedOrder.place(100))
    order = await loaded(engine, other)
    order.pay(7)
    await store(engine, other, order)  # though the first is at version 4

    async with engine.connect() as connection:
        assert await load(connection, other) == [
            ("order.placed", {"total_cents": 100}),
            ("order.payment_received", {"cents": 7}),
        ]
    assert (await loaded(engine, stream)).owed_cents == 980 - 1 - 2 - 3


async def test_a_stream_is_refused_at_its_own_version_alone(engine, stream):
    other = uuid4()
    await store(engine, other, EventSourcedOrder.place(100))
    paid = await loaded(engine, stream)
    paid.pay(1)
    paid.pay(1)
    await store(engine, stream, paid)
    order = await loaded(engine, other)
    order.version = 3  # that of the first
    order.pay(1)
    with pytest.raises(StreamChangedError, match=f"{other} is at version 1"):
        await store(engine, other, order)


async def test_events_are_loaded_by_version_wherever_they_lie(engine, stream):
    """A row that was rewritten lies behind those that came after it."""
    for cents in (1, 2):
        order = await loaded(engine, stream)
        order.pay(cents)
        await store(engine, stream, order)
    async with engine.begin() as connection:
        await connection.execute(text("set enable_indexscan = off"))
        await connection.execute(text("set enable_bitmapscan = off"))
        await connection.execute(
            update(StoredEvent)
            .where(StoredEvent.version < 3)
            .values(type=StoredEvent.type)
        )
        assert [
            data.get("cents") for _, data in await load(connection, stream)
        ] == [None, 1, 2]


async def test_the_time_of_an_event_is_a_point_in_time(engine, stream):
    async with engine.begin() as connection:
        await connection.execute(text("set time zone 'Asia/Tokyo'"))
        now = await connection.scalar(select(func.now()))
        order = EventSourcedOrder.place(980)
        order.pay(1)
        await append_to_stream(connection, stream, 1, order.events_to_store())
        stored = await connection.scalars(
            select(StoredEvent.stored_at).where(StoredEvent.version > 1)
        )
        assert stored.all() == [now, now]
    assert now.utcoffset() is not None


async def test_the_table_can_be_told_a_conflict_by_name(engine, stream):
    """Under the name that PostgreSQL gives, whoever has made the table."""
    async with engine.connect() as connection:
        names = await connection.run_sync(
            lambda sync: inspect(sync).get_pk_constraint("stored_events")
        )
    assert names["name"] == "stored_events_pkey"
    assert names["constrained_columns"] == ["stream", "version"]


@pytest.mark.parametrize("text", UNSTORABLE)
async def test_what_no_table_can_hold_is_no_event(engine, stream, text):
    for event in ((text, {}), ("order.cancelled", {"reason": text})):
        async with engine.begin() as connection:
            with pytest.raises(ValueError, match="cannot store"):
                await event_store.append_to_stream(
                    connection, stream, 1, [event]
                )
    assert (await loaded(engine, stream)).version == 1
