"""Advisory lock: one at a time, and released whatever happens."""

import asyncio
import subprocess
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.database_patterns import advisory_lock, advisory_lock_broken
from snippets.database_patterns.advisory_lock import (
    lock_key,
    run_alone,
    try_lock,
)
from snippets.database_patterns.models import BuyerRow
from tests.snippets.database_patterns import advisory_lock_process
from tests.support.databases import LEVELS
from tests.support.process import running
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

NEVER_AGAIN = "The nightly run never starts again until a process is restarted."


@pytest.fixture
async def others(asyncpg_url):
    """The engine of another process."""
    engine = create_async_engine(asyncpg_url)
    yield engine
    await engine.dispose()


async def nothing(session):
    """Done."""


async def greet(session):
    session.add(BuyerRow(email="ann@example.com", name="Ann"))
    await session.flush()


async def greeted(engine):
    async with engine.connect() as connection:
        return await connection.scalar(text("select count(*) from buyers"))


async def two_connections(engine):
    """In the pool, as in that of any process that has served requests."""
    async with engine.connect() as one, engine.connect() as two:
        await one.execute(text("select 1"))
        await two.execute(text("select 1"))


@fix_and_twin(
    "run_alone",
    advisory_lock.run_alone,
    advisory_lock_broken.run_alone,
    NEVER_AGAIN,
)
async def test_after_a_run_another_process_can_run(engine, others, run_alone):
    await two_connections(engine)
    assert await run_alone(engine, "nightly", greet)
    assert await run_alone(others, "nightly", nothing)


@fix_and_twin(
    "run_alone",
    advisory_lock.run_alone,
    advisory_lock_broken.run_alone,
    NEVER_AGAIN,
)
async def test_after_a_run_that_failed_another_process_can_run(
    engine, others, run_alone
):
    async def fails(session):
        await session.execute(text("select 1 / 0"))

    with pytest.raises(DBAPIError):
        await run_alone(engine, "nightly", fails)
    assert await run_alone(others, "nightly", nothing)


@pytest.mark.parametrize("module", [advisory_lock, advisory_lock_broken])
async def test_while_one_runs_another_passes_by(engine, others, module):
    async def try_it(session):
        assert not await module.run_alone(others, "nightly", nothing)
        assert await module.run_alone(others, "weekly", nothing)

    assert await module.run_alone(engine, "nightly", try_it)


@pytest.mark.parametrize("module", [advisory_lock, advisory_lock_broken])
async def test_with_one_connection_a_lock_is_released(
    asyncpg_url, engine, others, module
):
    assert await module.run_alone(engine, "nightly", greet)
    assert await module.run_alone(others, "nightly", nothing)
    assert await greeted(engine) == 1


@pytest.mark.parametrize("level", ["READ COMMITTED", *LEVELS])
async def test_at_every_level_of_the_engine_one_runs_and_commits(
    at_level, engine, others, level
):
    async def try_it(session):
        await greet(session)
        assert not await run_alone(others, "nightly", nothing)

    assert await run_alone(at_level(level), "nightly", try_it)
    assert await greeted(engine) == 1


async def test_two_tasks_of_one_process_are_two(engine):
    inside, go = asyncio.Event(), asyncio.Event()

    async def wait(session):
        inside.set()
        await go.wait()

    first = asyncio.create_task(run_alone(engine, "nightly", wait))
    await inside.wait()
    assert not await run_alone(engine, "nightly", nothing)
    go.set()
    assert await first


async def test_what_fails_writes_nothing(engine, others):
    async def fails(session):
        await greet(session)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await run_alone(engine, "nightly", fails)
    assert await greeted(engine) == 0
    assert await run_alone(others, "nightly", nothing)


async def test_a_lock_that_is_lost_takes_its_work_with_it(engine, others):
    async def loses(session):
        await greet(session)
        me = await session.scalar(text("select pg_backend_pid()"))
        async with others.connect() as connection:
            await connection.execute(
                text("select pg_terminate_backend(:me, 5000)"), {"me": me}
            )
        assert await run_alone(others, "nightly", nothing)

    with pytest.raises(DBAPIError):
        await run_alone(engine, "nightly", loses)
    assert await greeted(engine) == 0


async def test_one_that_is_cancelled_leaves_the_lock(engine, others):
    inside = asyncio.Event()

    async def hang(session):
        await greet(session)
        inside.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(run_alone(engine, "nightly", hang))
    await inside.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await run_alone(others, "nightly", nothing)
    assert await greeted(engine) == 0


async def test_a_process_that_is_killed_leaves_the_lock(others, asyncpg_url):
    with running(
        [sys.executable, "-m", advisory_lock_process.__name__, asyncpg_url],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert await asyncio.to_thread(process.stdout.readline) == "mine\n"
        assert not await run_alone(others, "nightly", nothing)
        process.kill()
    await async_until(lambda: run_alone(others, "nightly", nothing))


async def test_a_lock_taken_twice_in_a_transaction_is_one(engine, others):
    async with AsyncSession(engine) as session:
        assert await try_lock(session, "nightly")
        assert await try_lock(session, "nightly")
        await session.commit()
        assert await run_alone(others, "nightly", nothing)


def test_a_key_is_the_same_everywhere():
    """In another process ``hash`` would give another."""
    assert lock_key("nightly") == -739703913764862044


async def test_a_key_is_any_bigint(engine):
    async with AsyncSession(engine) as session:
        for name in ("", "ñ", "a\0b", *map(str, range(50))):
            assert await try_lock(session, name)
    keys = [lock_key(str(number)) for number in range(50)]
    assert min(keys) < -(2**62)
    assert max(keys) > 2**62
