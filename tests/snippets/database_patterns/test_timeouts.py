"""Timeouts: what each of them ends, and whom that sets free."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.code_style.database_errors import database_errors
from snippets.code_style.errors import DatabaseError
from snippets.database_patterns import (
    timeouts,
    timeouts_client_broken,
    timeouts_session_broken,
)
from snippets.database_patterns.engine import service_engine
from snippets.database_patterns.timeouts import Timeouts, set_timeouts
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

SOON = timedelta(milliseconds=300)
NEVER = timedelta()
LOCK = text("select name from stock where name = 'TEA-1' for update")
PATIENCE = 5  # seconds: many times what the timeouts allow


@pytest.fixture
async def engines():
    """``open(engine)`` returns it, and disposes of it after the test."""
    opened = []

    def note(engine):
        opened.append(engine)
        return engine

    yield note
    for engine in opened:
        await engine.dispose()


@pytest.fixture
async def url(postgres_url, asyncpg_url):
    """Of a database with one row to lock."""
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.execute(text("create table stock (name text)"))
        await connection.execute(text("insert into stock values ('TEA-1')"))
    await engine.dispose()
    return postgres_url


def only(**values):
    """No timeout but these."""
    names = ("lock", "statement", "idle", "transaction")
    return Timeouts(**dict.fromkeys(names, NEVER) | values)


@pytest.fixture
def engine_with(engines, url):
    return lambda **values: engines(
        service_engine(
            url, application_name="shop-web", timeouts=only(**values)
        )
    )


def ended_with(sqlstate):
    """DatabaseError, for that reason."""
    return pytest.raises(
        DatabaseError,
        check=lambda error: error.context["sqlstate"] == sqlstate,
    )


async def test_a_statement_that_runs_on_is_ended(engine_with):
    async with engine_with(statement=SOON).connect() as connection:
        with ended_with("57014"), database_errors("report"):
            await connection.execute(text("select pg_sleep(60)"))


async def test_a_wait_for_a_lock_is_ended(engine_with):
    engine = engine_with(lock=SOON)
    async with engine.connect() as first, engine.connect() as second:
        await first.execute(LOCK)
        with ended_with("55P03"), database_errors("reserve"):
            await second.execute(LOCK)


@pytest.fixture
async def gone(asyncpg_url):
    """Returns when the server has ended the process of that number."""
    watcher = create_async_engine(asyncpg_url)
    there = text("select count(*) from pg_stat_activity where pid = :pid")

    async def wait(pid):
        async def is_gone():
            async with watcher.connect() as connection:
                return not await connection.scalar(there, {"pid": pid})

        await async_until(is_gone)

    yield wait
    await watcher.dispose()


@pytest.mark.parametrize("name", ["idle", "transaction"])
async def test_a_transaction_that_does_nothing_ends_with_its_connection(
    engine_with, gone, name
):
    engine = engine_with(**{name: SOON})
    async with engine.connect() as connection:
        await gone(await connection.scalar(text("select pg_backend_pid()")))
        with pytest.raises(DatabaseError), database_errors("reserve"):
            await connection.execute(LOCK)
        await connection.invalidate()

    async with engine.connect() as connection:
        assert await connection.scalar(LOCK) == "TEA-1"


async def test_a_transaction_of_many_short_statements_ends_too(engine_with):
    async def work():
        async with engine_with(transaction=SOON).connect() as connection:
            while True:
                await connection.execute(text("select pg_sleep(0.01)"))

    with pytest.raises(DatabaseError), database_errors("nightly job"):
        await work()


def patient(url):
    return service_engine(
        url, application_name="shop-web", timeouts=only(idle=SOON)
    )


def by_the_client(url):
    return timeouts_client_broken.service_engine(
        url, application_name="shop-web"
    )


@fix_and_twin(
    "make",
    patient,
    by_the_client,
    "One worker hangs on a call with a row locked, and all who want that "
    "row hang with it",
    raises=TimeoutError,
)
async def test_a_worker_that_hangs_lets_go_of_its_locks(url, engines, make):
    engine = engines(make(url))
    hangs, done = asyncio.Event(), asyncio.Event()

    async def hang():
        try:
            async with AsyncSession(engine) as session:
                await session.execute(LOCK)
                hangs.set()
                await done.wait()  # an answer that never comes
        finally:
            hangs.set()

    async def reserve():
        async with AsyncSession(engine) as session:
            return await session.scalar(LOCK)

    hanging = asyncio.create_task(hang())
    await hangs.wait()
    try:
        assert await asyncio.wait_for(reserve(), PATIENCE) == "TEA-1"
    finally:
        done.set()
        with suppress(Exception):  # its connection may be gone
            await hanging


async def test_the_twin_works_while_nobody_hangs(url, engines):
    async with engines(by_the_client(url)).connect() as connection:
        assert await connection.scalar(LOCK) == "TEA-1"


@fix_and_twin(
    "module",
    timeouts,
    timeouts_session_broken,
    "The next request gets the connection with its predecessor's timeouts",
)
async def test_a_longer_timeout_is_for_one_transaction(url, engines, module):
    engine = engines(
        service_engine(url, application_name="shop-web", pool_size=1)
    )
    hour = timedelta(hours=1)
    async with AsyncSession(engine) as session, session.begin():
        await module.set_timeouts(
            session, only(statement=hour, transaction=hour)
        )
        assert await session.scalar(text("show statement_timeout")) == "1h"
        assert await session.scalar(text("show transaction_timeout")) == "1h"
        assert await session.scalar(text("show lock_timeout")) == "0"

    async with AsyncSession(engine) as session:
        assert await session.scalar(text("show statement_timeout")) == "5s"


async def test_a_shorter_one_acts_in_its_transaction(url, engines):
    engine = engines(service_engine(url, application_name="shop-web"))
    async with AsyncSession(engine) as session, session.begin():
        await set_timeouts(session, only(statement=SOON))
        with ended_with("57014"), database_errors("report"):
            await session.execute(text("select pg_sleep(60)"))


async def test_a_transactions_timeout_can_be_brought_forward(
    url, engines, gone
):
    engine = engines(service_engine(url, application_name="shop-web"))
    async with AsyncSession(engine) as session:
        await set_timeouts(session, only(transaction=SOON))
        await gone(await session.scalar(text("select pg_backend_pid()")))
        with pytest.raises(DatabaseError), database_errors("report"):
            await session.execute(LOCK)
        await session.invalidate()


@pytest.mark.parametrize("transaction", [NEVER, timedelta(hours=1)])
async def test_a_transactions_timeout_can_be_put_off(engine_with, transaction):
    engine = engine_with(transaction=timedelta(seconds=1))
    async with AsyncSession(engine) as session:
        await set_timeouts(session, only(transaction=transaction))
        await session.execute(text("select pg_sleep(1.3)"))


@pytest.mark.parametrize(
    ("duration", "setting"),
    [
        (timedelta(), "0"),
        (timedelta(microseconds=1), "1"),
        (timedelta(milliseconds=1), "1"),
        (timedelta(milliseconds=1, microseconds=1), "2"),
        (timedelta(minutes=1), "60000"),
    ],
)
def test_no_duration_is_rounded_to_for_ever(duration, setting):
    settings = Timeouts(statement=duration).server_settings()

    assert settings["statement_timeout"] == setting


async def test_the_drivers_own_timeout_is_an_outage_too(url, engines):
    engine = engines(
        service_engine(
            f"{url}?command_timeout=1",
            application_name="shop-web",
            timeouts=only(),
        )
    )
    async with engine.connect() as connection:
        with pytest.raises(DatabaseError), database_errors("report"):
            await connection.execute(text("select pg_sleep(60)"))
        await connection.invalidate()
