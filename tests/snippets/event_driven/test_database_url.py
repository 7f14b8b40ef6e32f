"""Database URLs: one for the engine and for LISTEN. How each of its words is
read, `test_database_url` of Architecture patterns shows for both.
"""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.event_driven.database_url import asyncpg_engine
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.event_worker import work
from snippets.event_driven.in_memory_bus import InMemoryBus
from snippets.event_driven.outbox import append
from snippets.event_driven.outbox_wakeup import OutboxWakeup

EVENT = EventEnvelope(type="order.placed", subject="order-1", data={})
HANDED_OUT = (
    "?sslmode=prefer&channel_binding=prefer&connect_timeout=10"
    "&application_name=shop&keepalives_idle=30&target_session_attrs=read-write"
    "&options=-cstatement_timeout%3D30s&prepared_statement_cache_size=0"
)
NAMES = text(
    "select distinct application_name from pg_stat_activity"
    " where datname = current_database()"
)


async def test_one_url_makes_the_engine_and_the_connection_that_listens(
    engine, postgres_url
):
    url = postgres_url + HANDED_OUT
    wakeup, another = OutboxWakeup(url), asyncpg_engine(url)
    listening = asyncio.create_task(wakeup.run())
    await wakeup.wait(0, 3600)
    seen = wakeup.count
    await engine.dispose()

    async with AsyncSession(another) as session, session.begin():
        await append(session, EVENT)
    await wakeup.wait(seen, 3600)
    async with another.connect() as connection:
        names = set(await connection.scalars(NAMES))
    woken = wakeup.count
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await another.dispose()

    assert woken == seen + 1
    assert names <= {"shop", ""}  # the test's own has none
    assert "shop" in names


def test_what_no_driver_knows_is_refused_when_the_listener_is_made():
    with pytest.raises(ValueError, match="schema"):
        OutboxWakeup("postgresql://db/shop?schema=public")


@pytest.mark.parametrize("words", ["pgbouncer=true", "sslmode=on"])
async def test_a_worker_with_such_a_url_does_not_start(words):
    with pytest.raises(ValueError, match=words.partition("=")[0]):
        await work(f"postgresql://db/shop?{words}", InMemoryBus())
