"""Wake-up: told at commit, never missed between looking and waiting."""

import asyncio

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.outbox import append
from snippets.event_driven.outbox_wakeup import OutboxWakeup

EVENT = EventEnvelope(type="order.placed", subject="order-1", data={})
LONG = 3600


@pytest.fixture
async def wakeup(postgres_url):
    wakeup = OutboxWakeup(postgres_url)
    listening = asyncio.create_task(wakeup.run(pause=0))
    await wakeup.wait(0, LONG)
    yield wakeup
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_a_commit_wakes_everybody_who_waits(engine, wakeup):
    waiting = [
        asyncio.create_task(wakeup.wait(wakeup.count, LONG)) for _ in range(3)
    ]
    async with AsyncSession(engine) as session, session.begin():
        await append(session, EVENT)
    await asyncio.gather(*waiting)


async def test_a_rollback_wakes_nobody(engine, wakeup):
    seen = wakeup.count
    async with AsyncSession(engine) as session:
        await append(session, EVENT)
        await session.rollback()
        async with session.begin():
            await append(session, EVENT)
    await wakeup.wait(seen, LONG)

    assert wakeup.count == seen + 1


async def test_what_came_before_waiting_is_not_waited_for(engine, wakeup):
    seen = wakeup.count
    async with AsyncSession(engine) as session, session.begin():
        await append(session, EVENT)
    await wakeup.wait(seen, LONG)

    await wakeup.wait(seen, LONG)


async def test_waiting_ends_by_itself(wakeup):
    seen = wakeup.count
    await wakeup.wait(seen, 0)
    assert wakeup.count == seen


async def test_a_lost_connection_is_replaced_and_wakes(
    wakeup, postgres_url, caplog
):
    seen = wakeup.count
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    await wakeup.wait(seen, LONG)

    assert "No wake-ups" in caplog.text
