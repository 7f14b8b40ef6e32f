"""Engine: how many connections it opens, and what it survives."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.code_style.database_errors import database_errors
from snippets.code_style.errors import DatabaseError
from snippets.database_patterns import (
    engine,
    engine_defaults_broken,
    engine_per_request_broken,
    engine_queuepool_broken,
)
from snippets.database_patterns.engine import (
    NotEnoughConnectionsError,
    require_room,
    service_engine,
)
from snippets.database_patterns.timeouts import Timeouts
from tests.support.twins import fix_and_twin

NAME = "shop-web"
END_THEM = """
select pg_terminate_backend(pid, 10000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""


@asynccontextmanager
async def opened(made):
    try:
        yield made
    finally:
        await made.dispose()


async def asked(at, question):
    async with at.connect() as connection:
        return await connection.scalar(text(question))


@fix_and_twin(
    "make",
    service_engine,
    engine_queuepool_broken.service_engine,
    "The service does not start: Pool class QueuePool cannot be used with "
    "asyncio engine",
    raises=ArgumentError,
    match="QueuePool cannot be used",
)
async def test_a_service_starts_and_says_who_it_is(postgres_url, make):
    async with opened(make(postgres_url, application_name=NAME)) as at:
        assert await asked(at, "show application_name") == NAME


@fix_and_twin(
    "make",
    service_engine,
    engine_defaults_broken.service_engine,
    "After each restart of the database a customer is answered 503",
    raises=DatabaseError,
)
async def test_a_restart_of_the_database_is_not_noticed(postgres_url, make):
    async with opened(make(postgres_url, application_name=NAME)) as at:
        await asked(at, "select 1")
        with psycopg.connect(postgres_url) as admin:
            admin.execute(END_THEM)

        with database_errors("look up"):
            assert await asked(at, "select 1") == 1


async def test_the_twin_says_who_it_is_too(postgres_url):
    make = engine_defaults_broken.service_engine
    async with opened(make(postgres_url, application_name=NAME)) as at:
        assert await asked(at, "show application_name") == NAME


@pytest.fixture
async def shared_pool(postgres_url):
    """One pool of three for all requests."""
    made = service_engine(postgres_url, application_name=NAME, pool_size=3)
    async with opened(made) as at:
        yield lambda _: AsyncSession(at)


@fix_and_twin(
    "in_common",
    True,
    False,
    "A peak of twenty requests opens twenty connections, until PostgreSQL "
    "refuses: sorry, too many clients already",
)
async def test_a_peak_opens_no_more_connections_than_the_pool_has(
    postgres_url, shared_pool, in_common
):
    request_session = (
        shared_pool if in_common else engine_per_request_broken.request_session
    )

    async def request():
        async with request_session(postgres_url) as session:
            return await session.scalar(text("select pg_backend_pid()"))

    pids = await asyncio.gather(*(request() for _ in range(20)))

    assert len(set(pids)) <= 3


async def test_whoever_gets_no_connection_is_told_so(postgres_url, monkeypatch):
    monkeypatch.setattr(engine, "POOL_TIMEOUT", 0.05)
    made = service_engine(postgres_url, application_name=NAME, pool_size=1)
    async with opened(made) as at, at.connect():
        with pytest.raises(DatabaseError), database_errors("look up"):
            await asked(at, "select 1")


@pytest.mark.parametrize(
    ("timeouts", "shown"),
    [
        (None, ["2s", "5s", "10s", "30s"]),
        (Timeouts(), ["2s", "5s", "10s", "30s"]),
    ],
)
async def test_the_server_knows_its_timeouts(postgres_url, timeouts, shown):
    made = service_engine(
        postgres_url, application_name=NAME, timeouts=timeouts
    )
    async with opened(made) as at:
        assert [
            await asked(at, f"show {name}")
            for name in (timeouts or Timeouts()).server_settings()
        ] == shown


async def test_what_the_code_says_wins_over_the_urls_options(postgres_url):
    url = f"{postgres_url}?options=-cstatement_timeout%3D9000"
    async with opened(service_engine(url, application_name=NAME)) as at:
        assert await asked(at, "show statement_timeout") == "5s"


async def test_it_is_made_without_the_database():
    url = "postgresql://nobody@127.0.0.1:1/shop"
    async with opened(service_engine(url, application_name=NAME)) as at:
        with pytest.raises(DatabaseError), database_errors("look up"):
            await asked(at, "select 1")


def test_a_url_of_another_database_is_refused():
    with pytest.raises(ValueError, match="starts with postgresql://"):
        service_engine("mysql://shop@127.0.0.1/shop", application_name=NAME)


@pytest.fixture
async def at(postgres_url):
    async with opened(
        service_engine(postgres_url, application_name=NAME)
    ) as at:
        yield at


async def test_where_there_is_room_the_process_starts(at):
    await require_room(at, pool_size=1, processes=4)


async def test_where_there_is_none_it_says_the_numbers(at):
    with pytest.raises(NotEnoughConnectionsError) as refused:
        await require_room(at, pool_size=10, processes=10_000)

    assert str(refused.value).startswith("10000 processes of 10 connections")


async def test_a_limit_of_the_database_counts(at, postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        name = sql.Identifier(admin.info.dbname)
        limit = sql.SQL("alter database {} connection limit 7").format(name)
        admin.execute(limit)

    await require_room(at, pool_size=7, processes=1)
    with pytest.raises(NotEnoughConnectionsError, match="room for 7"):
        await require_room(at, pool_size=4, processes=2)


async def test_a_limit_of_the_user_counts(postgres_url):
    name = f"shop_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        user = sql.Identifier(name)
        admin.execute(
            sql.SQL("create role {} login connection limit 5").format(user)
        )
        url = f"postgresql://{name}@{postgres_url.partition('@')[2]}"
        try:
            made = service_engine(url, application_name=NAME)
            async with opened(made) as at:
                with pytest.raises(NotEnoughConnectionsError, match="for 5"):
                    await require_room(at, pool_size=6, processes=1)
        finally:
            admin.execute(END_THEM)
            admin.execute(sql.SQL("drop role {}").format(user))
