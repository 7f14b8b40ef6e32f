"""Wake-up: told at commit, never missed between looking and waiting."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.architecture_patterns.database_url import asyncpg_engine
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.outbox import append
from snippets.event_driven.outbox_wakeup import OutboxWakeup

EVENT = EventEnvelope(type="order.placed", subject="order-1", data={})
LONG = 3600


def end_connections(url):
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


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
    end_connections(postgres_url)
    await wakeup.wait(seen, LONG)

    assert "No wake-ups" in caplog.text


async def test_a_server_in_recovery_is_asked_again(
    wakeup, postgres_url, monkeypatch, caplog
):
    """After a failover, what answers first may not be the new primary."""
    execute, refusals = psycopg.AsyncConnection.execute, [True, True]

    async def refuse(connection, query):
        if refusals and query.startswith("listen"):
            refusals.pop()
            raise psycopg.errors.ReadOnlySqlTransaction("during recovery")
        return await execute(connection, query)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", refuse)
    seen = wakeup.count
    end_connections(postgres_url)
    await wakeup.wait(seen, LONG)

    assert not refusals
    assert caplog.text.count("Transaction: during recovery") == 2


async def test_a_bug_ends_it(postgres_url, monkeypatch):
    """So it ends the process, which is started again; see `background`."""

    async def fail(_):
        raise TypeError("a bug")

    monkeypatch.setattr(OutboxWakeup, "_listen", fail)
    with pytest.raises(ExceptionGroup) as raised:
        await OutboxWakeup(postgres_url).run()

    assert raised.group_contains(TypeError)


async def test_its_end_releases_who_waits_and_counts_for_nothing(postgres_url):
    wakeup = OutboxWakeup(postgres_url)
    listening = asyncio.create_task(wakeup.run())
    await wakeup.wait(0, LONG)
    seen = wakeup.count
    waiting = asyncio.create_task(wakeup.wait(seen, LONG))
    await asyncio.sleep(0)  # it has begun to wait

    assert not wakeup.ended
    listening.cancel()
    await waiting
    await asyncio.gather(listening, return_exceptions=True)

    assert wakeup.ended
    assert wakeup.count == seen


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
    await wakeup.wait(0, LONG)
    seen = wakeup.count
    await engine.dispose()

    async with AsyncSession(another) as session, session.begin():
        await append(session, EVENT)
    await wakeup.wait(seen, LONG)
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
