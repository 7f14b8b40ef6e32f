"""Projection: killed anywhere, two at once: every order is counted once."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import InvalidOperation

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from guide.evidence.crash_points import HELD, Report
from snippets.event_driven import projection, projection_broken
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.outbox import OutboxRow, append
from snippets.event_driven.outbox_prune import LogReaderRow
from snippets.event_driven.projection import UnreadEventRow, daily_sales, sale
from tests.snippets.event_driven.crash_operations import PROJECTIONS
from tests.support.twins import fix_and_twin

OPERATION = "tests.snippets.event_driven.crash_operations:project"
TWICE = "The dashboard shows sales that never were."
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture
def add(engine):
    async def add(kind, day=MONDAY, cents=980):
        event = EventEnvelope(
            type=f"order.{kind}",
            subject="order-1",
            data={"total_cents": cents},
            time=datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC),
        )
        async with AsyncSession(engine) as session, session.begin():
            await append(session, event)

    return add


@pytest.fixture
def sales(engine):
    async def sales():
        async with engine.connect() as connection:
            rows = await connection.execute(
                select(daily_sales).order_by(daily_sales.c.day)
            )
            return [tuple(row) for row in rows]

    return sales


@fix_and_twin(
    "way",
    "fix",
    "checkpoint after",
    TWICE,
    judged="event_driven.projection_broken",
)
async def test_killed_anywhere_an_order_is_counted_once(
    crash_points, shop, add, sales, way
):
    async def prepare():
        await shop.empty()
        await add("placed")

    async def settle():
        while await PROJECTIONS[way].run_once(shop.engine):
            pass
        ((_, orders, _),) = await sales()
        return HELD if orders == 1 else f"counted {orders} times"

    outcomes = await crash_points(
        *(OPERATION, way, shop.arguments[0]), prepare=prepare, settle=settle
    )

    Report("event_driven", "projection", way, outcomes).save()
    assert set(outcomes.values()) == {HELD}


@pytest.mark.parametrize("module", [projection, projection_broken])
async def test_undisturbed_orders_are_summed_by_day(engine, add, sales, module):
    await add("placed", MONDAY, 980)
    await add("placed", MONDAY, 3000)
    await add("placed", TUESDAY, 490)
    await add("packed", TUESDAY)
    await add("cancelled", MONDAY, 980)

    counts = [await module.run_once(engine, limit=3) for _ in range(3)]

    assert counts == [3, 2, 0]
    assert await sales() == [(MONDAY, 1, 3000), (TUESDAY, 1, 490)]


async def test_a_day_is_a_day_in_utc(engine, sales):
    east = timezone(timedelta(hours=9))
    event = EventEnvelope(
        type="order.placed",
        subject="order-1",
        data={"total_cents": 980},
        time=datetime(2026, 11, 24, 8, 59, tzinfo=east),
    )
    async with AsyncSession(engine) as session, session.begin():
        await append(session, event)
    await projection.run_once(engine)
    assert await sales() == [(MONDAY, 1, 980)]


@pytest.mark.parametrize(
    "level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]
)
async def test_two_projectors_count_once(
    engine, asyncpg_url, add, sales, level
):
    """Whatever the service's isolation level, the second waits."""
    for _ in range(4):
        await add("placed", MONDAY, 100)

    isolated = create_async_engine(asyncpg_url, isolation_level=level)
    counts = await asyncio.gather(
        *(projection.run_once(isolated, limit=3) for _ in range(3))
    )
    await isolated.dispose()

    assert sorted(counts) == [0, 1, 3]
    assert await sales() == [(MONDAY, 4, 400)]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, "KeyError"),
        ({"total_cents": "980"}, "Not an amount of cents: '980'"),
        ({"total_cents": True}, "Not an amount"),
        ({"total_cents": -980}, "Not an amount"),
        ({"total_cents": 2**63}, "Not an amount"),
        ({"total_cents": 10**400}, "Not an amount"),
        ({"total_cents": 9.8}, "Not an amount"),
        ({"total_cents": "a\0b"}, "Not an amount"),
        ({"total_cents": "\ud800"}, "Not an amount"),
    ],
)
async def test_what_cannot_be_read_is_put_aside_and_the_rest_goes_on(
    engine, add, sales, data, error
):
    await add("placed")
    async with AsyncSession(engine) as session, session.begin():
        event = EventEnvelope(type="order.placed", subject="order-2", data=data)
        await append(session, event)
    await add("placed")
    await projection.run_once(engine)

    assert await sales() == [(MONDAY, 2, 1960)]
    async with AsyncSession(engine) as session:
        (unread,) = await session.scalars(select(UnreadEventRow))
    assert (unread.reader, unread.position) == ("daily_sales", 2)
    assert error in unread.error


async def test_each_event_that_cannot_be_read_is_put_aside(engine, add):
    for _ in range(2):
        await add("placed")
    async with engine.begin() as connection:
        await connection.execute(update(OutboxRow).values(envelope="no JSON"))
    await projection.run_once(engine)

    async with AsyncSession(engine) as session:
        places = (await session.scalars(select(UnreadEventRow.position))).all()
        session.add(UnreadEventRow(reader="other", position=1, error="?"))
        await session.commit()  # and each reader puts aside its own
    assert sorted(places) == [1, 2]


@pytest.mark.parametrize(
    "envelope",
    [
        "no JSON",
        "[]",
        pytest.param("x" * 100_000, id="long"),
        pytest.param("[" * 100_000, id="deep"),
    ],
)
async def test_a_row_that_holds_no_event_is_put_aside(
    engine, add, sales, envelope
):
    await add("placed")
    await add("placed")
    async with engine.begin() as connection:
        await connection.execute(
            update(OutboxRow)
            .where(OutboxRow.sequence == 1)
            .values(envelope=envelope)
        )
    await projection.run_once(engine)

    assert await sales() == [(MONDAY, 1, 980)]


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("0002-01-01T00:00:00+14:00", date(1, 12, 31)),
        ("9998-12-31T23:59:59.999999-14:00", date(9999, 1, 1)),
    ],
)
async def test_the_first_and_the_last_day_of_an_event_are_counted(
    engine, sales, time, day
):
    event = EventEnvelope(
        type="order.placed",
        subject="order-1",
        data={"total_cents": 980},
        time=datetime.fromisoformat(time),
    )
    async with AsyncSession(engine) as session, session.begin():
        await append(session, event)
    await projection.run_once(engine)

    assert await sales() == [(day, 1, 980)]


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
async def test_a_day_that_no_calendar_has_is_put_aside(
    engine, add, sales, time
):
    """Our envelope refuses it; another writer of the table may not."""
    await add("placed")
    await add("placed")
    async with engine.begin() as connection:
        text = await connection.scalar(
            select(OutboxRow.envelope).where(OutboxRow.sequence == 1)
        )
        await connection.execute(
            update(OutboxRow)
            .where(OutboxRow.sequence == 1)
            .values(envelope=json.dumps(json.loads(text) | {"time": time}))
        )
    await projection.run_once(engine)

    assert await sales() == [(MONDAY, 1, 980)]
    async with AsyncSession(engine) as session:
        (unread,) = await session.scalars(select(UnreadEventRow))
    assert "Not an event's time" in unread.error


@pytest.mark.parametrize(
    "error",
    [InvalidOperation, KeyError, OverflowError, TypeError, ValueError],
)
async def test_an_event_that_the_projection_fails_at_is_put_aside(
    engine, add, sales, monkeypatch, error
):
    def fails_at_one(event):
        if event.data["total_cents"] == 1:
            raise error("not foreseen")
        return sale(event)

    monkeypatch.setattr(projection, "sale", fails_at_one)
    await add("placed", cents=1)
    await add("placed")
    await projection.run_once(engine)

    assert await sales() == [(MONDAY, 1, 980)]
    async with AsyncSession(engine) as session:
        (unread,) = await session.scalars(select(UnreadEventRow))
    assert unread.position == 1
    assert error.__name__ in unread.error


async def test_a_database_that_fails_leaves_nothing_out(
    engine, add, sales, monkeypatch
):
    async def lost(*_):
        raise DBAPIError("insert", {}, ConnectionError("gone"))

    await add("placed")
    with monkeypatch.context() as patched:
        patched.setattr(projection, "project", lost)
        with pytest.raises(DBAPIError):
            await projection.run_once(engine)
    await projection.run_once(engine)

    assert await sales() == [(MONDAY, 1, 980)]


async def test_a_session_that_remembers_how_far_it_was_counts_nothing_twice(
    engine, add, sales
):
    """A lock alone does not read anew what the session has already."""
    name = daily_sales.fullname
    await add("placed")
    await projection.run_once(engine)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        async with session.begin():
            shown = await session.get_one(LogReaderRow, name)
            before = shown.position
        await add("placed")
        await projection.run_once(engine)
        async with session.begin():
            await projection.catch_up(session, daily_sales, 100)

    assert shown.position > before
    assert await sales() == [(MONDAY, 2, 1960)]
