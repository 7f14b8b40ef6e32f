"""Inbox: redelivered, at once, twice, killed anywhere: one effect."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guide.evidence.crash_points import HELD, Report
from snippets.event_driven import inbox, inbox_broken
from snippets.event_driven.inbox import IdempotentConsumer, first_time
from snippets.event_driven.inbox_charge_order import charge_order
from snippets.event_driven.outbox_place_order import order_placed
from tests.snippets.event_driven.crash_operations import CONSUMERS
from tests.support.databases import LEVELS, UNSTORABLE
from tests.support.twins import fix_and_twin

OPERATION = "tests.snippets.event_driven.crash_operations:consume"
TWICE = "A redelivered event charges the customer a second time."


@pytest.fixture
def event():
    return order_placed(uuid4(), 980)


@fix_and_twin(
    "way", "fix", "in memory", TWICE, judged="event_driven.inbox_broken"
)
async def test_killed_anywhere_an_event_charges_once(
    crash_points, shop, event, way
):
    async def prepare():
        await shop.empty()
        await shop.stream.publish(event)

    async def settle():
        restarted = CONSUMERS[way](shop.engine, "payments", charge_order)
        await shop.stream.drain(restarted)
        charges = await shop.count("payments")
        return HELD if charges == 1 else f"charged {charges} times"

    outcomes = await crash_points(
        OPERATION, way, *shop.arguments, prepare=prepare, settle=settle
    )

    Report("event_driven", "inbox", way, outcomes).save()
    assert set(outcomes.values()) == {HELD}


@pytest.mark.parametrize("module", [inbox, inbox_broken])
async def test_in_one_process_a_redelivery_does_nothing(shop, event, module):
    consumer = module.IdempotentConsumer(shop.engine, "payments", charge_order)
    await consumer(event)
    await consumer(event)
    assert await shop.count("payments") == 1


async def test_one_consumer_handles_every_event(shop, event):
    consumer = IdempotentConsumer(shop.engine, "payments", charge_order)
    await consumer(event)
    await consumer(order_placed(uuid4(), 980))
    assert await shop.count("payments") == 2


async def test_when_it_was_handled_is_an_instant(shop, event):
    await IdempotentConsumer(shop.engine, "payments", charge_order)(event)
    async with AsyncSession(shop.engine) as session:
        handled_at = await session.scalar(select(inbox.InboxRow.handled_at))
    assert handled_at.utcoffset() is not None


async def test_two_consumers_each_handle_an_event(shop, event):
    for name in ("payments", "loyalty"):
        await IdempotentConsumer(shop.engine, name, charge_order)(event)
    assert await shop.count("payments") == 2


async def test_an_effect_that_fails_is_tried_again_on_redelivery(shop, event):
    failures = [ConnectionError("provider is away")]

    async def charge(session, event):
        await charge_order(session, event)
        if failures:
            raise failures.pop()

    consumer = IdempotentConsumer(shop.engine, "payments", charge)
    with pytest.raises(ConnectionError):
        await consumer(event)
    assert await shop.count("payments") == 0
    await consumer(event)
    assert await shop.count("payments") == 1


@pytest.mark.parametrize("level", ["READ COMMITTED", *LEVELS])
async def test_at_every_isolation_level_two_deliveries_at_once_charge_once(
    shop, event, at_level, until_somebody_waits, level
):
    inside, go = asyncio.Event(), asyncio.Event()

    async def charge(session, event):
        await charge_order(session, event)
        inside.set()
        await go.wait()

    consumer = IdempotentConsumer(at_level(level), "payments", charge)
    first = asyncio.create_task(consumer(event))
    await inside.wait()
    second = asyncio.create_task(consumer(event))
    await until_somebody_waits()
    go.set()
    await asyncio.gather(first, second)

    assert await shop.count("payments") == 1


@pytest.mark.parametrize("level", LEVELS)
async def test_at_every_isolation_level_a_failure_leaves_no_trace(
    shop, event, at_level, level
):
    async def fail(session, event):
        await charge_order(session, event)
        await session.flush()
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await IdempotentConsumer(at_level(level), "payments", fail)(event)

    assert await shop.count("payments") == await shop.count("inbox") == 0


@pytest.mark.parametrize("commits", [True, False])
async def test_a_concurrent_duplicate_waits_and_runs_only_if_the_first_fails(
    engine, event, until_somebody_waits, commits
):
    async def second():
        async with AsyncSession(engine) as session, session.begin():
            return await first_time(session, "payments", event)

    async with AsyncSession(engine) as session:
        await first_time(session, "payments", event)
        waiting = asyncio.create_task(second())
        await until_somebody_waits()
        await (session.commit() if commits else session.rollback())

    assert await waiting is not commits


@pytest.mark.parametrize("consumer", UNSTORABLE)
async def test_a_consumer_is_called_what_a_table_can_hold(
    shop, event, consumer
):
    with pytest.raises(ValueError, match="cannot store"):
        await IdempotentConsumer(shop.engine, consumer, charge_order)(event)
