"""Event store on PostgreSQL: of two writers, the later is refused."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.event_driven import event_store, event_store_broken
from snippets.event_driven.event_sourced_order import (
    EventSourcedOrder,
    OrderRuleError,
)
from snippets.event_driven.event_store import (
    EventStoreBase,
    StreamChangedError,
    append,
    load,
)

WAITING = text(
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
)

both_ways = pytest.mark.parametrize("module", [event_store, event_store_broken])


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(EventStoreBase.metadata.create_all)
    yield engine
    await engine.dispose()


async def store(engine, stream, order, module=event_store):
    async with engine.begin() as connection:
        await module.append(
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


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(event_store, id="fix"),
        pytest.param(
            event_store_broken,
            id="broken",
            marks=pytest.mark.xfail(
                strict=True,
                raises=AssertionError,
                reason="Two payments arrive at once, the customer pays twice, "
                "and the order says that -9.80 are owed",
            ),
        ),
    ],
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
        await append(first, stream, order.version, order.events_to_store())
        second = asyncio.create_task(store(engine, stream, order))
        await somebody_waits(engine)
    with pytest.raises(StreamChangedError):
        await second


async def somebody_waits(engine):
    """Return when a statement waits for another transaction."""
    waiting = 0
    while not waiting:
        async with engine.connect() as observer:  # statistics once each
            waiting = await observer.scalar(WAITING)


async def test_after_a_refusal_the_decision_is_made_anew(engine, stream):
    stale = await loaded(engine, stream)
    paid = await loaded(engine, stream)
    paid.pay(980)
    await store(engine, stream, paid)

    stale.cancel("changed my mind")
    with pytest.raises(StreamChangedError):
        await store(engine, stream, stale)
    fresh = await loaded(engine, stream)
    with pytest.raises(OrderRuleError):
        fresh.pay(1)


@both_ways
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
