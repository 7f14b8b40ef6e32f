"""Pruning: what is old and read goes; what nobody has read stays."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.event_driven import outbox_prune, outbox_prune_broken
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.outbox import OutboxRow, append
from snippets.event_driven.outbox_prune import IncompleteLogError, prune
from snippets.event_driven.projection import daily_sales, run_once
from tests.support.twins import fix_and_twin

NOW = datetime.now(UTC)
WEEK = timedelta(days=7)

either = fix_and_twin(
    "module",
    outbox_prune,
    outbox_prune_broken,
    "The dashboard was down for a week and shows, for good, "
    "fewer sales than there were",
)


@pytest.fixture
def publish(engine):
    """Each of these days ago, one order was placed and published."""

    async def publish(*days):
        async with AsyncSession(engine) as session, session.begin():
            for age in days:
                event = EventEnvelope(
                    type="order.placed",
                    subject="order-1",
                    data={"total_cents": 100},
                )
                await append(session, event)
                await session.execute(
                    update(OutboxRow)
                    .where(OutboxRow.event_id == event.id)
                    .values(published_at=NOW - timedelta(days=age))
                )

    return publish


@pytest.fixture
def run(engine):
    async def run(module=outbox_prune):
        async with AsyncSession(engine) as session, session.begin():
            await module.prune(session, NOW - WEEK)

    return run


async def kept(engine):
    async with engine.connect() as connection:
        rows = await connection.scalars(
            select(OutboxRow.sequence).order_by(OutboxRow.sequence)
        )
        return rows.all()


async def orders(engine):
    async with engine.connect() as connection:
        return await connection.scalar(select(func.sum(daily_sales.c.orders)))


@pytest.mark.parametrize("module", [outbox_prune, outbox_prune_broken])
async def test_old_published_events_go_and_numbers_go_on(
    engine, publish, run, module
):
    await publish(8, 6)
    async with AsyncSession(engine) as session, session.begin():
        event = EventEnvelope(type="order.paid", subject="order-1", data={})
        await append(session, event)  # is not published
    await run(module)
    await publish(0)

    assert await kept(engine) == [2, 3, 4]


@either
async def test_what_a_projection_has_not_read_stays(
    engine, publish, run, module
):
    await run_once(engine)
    await publish(9, 8)
    await run_once(engine, limit=1)
    await publish(8)  # which has no place in the log yet
    await run(module)
    await run_once(engine)

    assert await orders(engine) == 3


async def test_what_all_have_read_goes(engine, publish, run):
    await publish(9, 8, 6)
    await run_once(engine, limit=2)
    await run()
    assert await kept(engine) == [3]


async def test_the_slowest_reader_counts(engine, publish, run):
    await publish(9, 8)
    await run_once(engine)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "insert into log_reader"
                " select 'slow', batch, position from outbox where sequence = 1"
            )
        )
    await run()
    assert await kept(engine) == [2]


async def test_a_reader_does_not_begin_in_the_middle(engine, publish, run):
    """A new projection would be wrong, and nobody would know."""
    await publish(9, 8, 6)
    await run()
    for _ in range(2):
        with pytest.raises(IncompleteLogError, match="2 events are not"):
            await run_once(engine)
    assert await orders(engine) is None


async def test_a_reader_that_begins_meanwhile_waits_and_is_refused(
    engine, publish, until_somebody_waits
):
    await publish(9, 8)
    async with AsyncSession(engine) as session, session.begin():
        await prune(session, NOW - WEEK)
        beginning = asyncio.create_task(run_once(engine))
        await until_somebody_waits()
    with pytest.raises(IncompleteLogError):
        await beginning


async def test_a_log_that_is_all_there_may_be_read_from_anywhere(
    engine, publish
):
    await publish(9, 8)
    await run_once(engine, limit=1)
    await publish(8)
    await run_once(engine)
    assert await orders(engine) == 3


async def test_a_time_without_a_zone_deletes_nothing(engine, publish):
    await publish(30)
    async with AsyncSession(engine) as session:
        with pytest.raises(ValueError, match="no time zone"):
            await prune(session, NOW.replace(tzinfo=None))
        left = await session.scalar(select(func.count()).select_from(OutboxRow))
    assert left == 1
