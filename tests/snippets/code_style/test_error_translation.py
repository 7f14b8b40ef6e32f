"""Translation, on a real PostgreSQL: refusals, outages, causes."""

import contextlib
import errno
import socket

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.code_style import error_translation, error_translation_broken
from snippets.code_style.database_errors import database_errors
from snippets.code_style.errors import (
    DatabaseError,
    InsufficientStockError,
    NotFoundError,
)
from tests.support.databases import UNSTORABLE
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize(
    "module", [error_translation, error_translation_broken]
)


def either(reason):
    return fix_and_twin(
        "module",
        error_translation,
        error_translation_broken,
        reason,
        raises=DatabaseError,
    )


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def stocked(engine):
    async with engine.begin() as connection:
        await connection.execute(
            text("create table shelf (sku text primary key, available int)")
        )
        await connection.execute(text("insert into shelf values ('TEA', 2)"))
    return engine


@either("A sold-out article answers 503 and wakes the operator")
async def test_a_refusal_stays_a_refusal(module, stocked):
    with pytest.raises(InsufficientStockError) as caught:
        await module.PostgresShelf(stocked).reserve("TEA", 3)

    assert caught.value.context == {
        "sku": "TEA",
        "requested": 3,
        "available": 2,
    }


@either("A mistyped SKU answers 503 and is retried for ever")
async def test_an_unknown_sku_is_not_found(module, stocked):
    with pytest.raises(NotFoundError) as caught:
        await module.PostgresShelf(stocked).reserve("TAE", 1)
    assert caught.value.context == {"sku": "TAE"}


@either("A forgotten migration answers 503 for ever, as if waiting would help")
async def test_a_missing_table_is_a_bug(module, engine):
    with pytest.raises(ProgrammingError) as caught:
        await module.PostgresShelf(engine).reserve("TEA", 1)

    undefined_table = asyncpg.UndefinedTableError.sqlstate
    assert caught.value.orig.sqlstate == undefined_table


@both
async def test_a_reservation_takes_units(module, stocked):
    assert await module.PostgresShelf(stocked).reserve("TEA", 2) == 0


@pytest.mark.parametrize("quantity", [0, -5, 2**31, 2**63])
async def test_what_is_no_number_of_units_is_not_taken(stocked, quantity):
    stock = error_translation.PostgresShelf(stocked)
    with pytest.raises(ValueError, match="Not a number of units"):
        await stock.reserve("TEA", quantity)
    assert await stock.reserve("TEA", 2) == 0


async def test_a_refusal_takes_nothing(stocked):
    stock = error_translation.PostgresShelf(stocked)
    with pytest.raises(InsufficientStockError):
        await stock.reserve("TEA", 3)
    assert await stock.reserve("TEA", 1) == 1


@contextlib.asynccontextmanager
async def engine_of(url, **options):
    engine = create_async_engine(url, **options)
    try:
        yield engine
    finally:
        await engine.dispose()


@pytest.mark.parametrize(
    ("driver", "cause"),
    [
        ("asyncpg", ConnectionRefusedError),
        ("psycopg", OperationalError),
    ],
)
async def test_a_refused_connection_is_translated(nobody, driver, cause):
    url = f"postgresql+{driver}://shop@127.0.0.1:{nobody}/shop"
    async with engine_of(url) as engine:
        with pytest.raises(DatabaseError) as caught:
            await error_translation.PostgresShelf(engine).reserve("TEA", 1)

    assert type(caught.value.__cause__) is cause
    assert caught.value.context == {"operation": "reserve", "sqlstate": None}


def test_an_unknown_host_or_no_route_is_translated():
    for error in (socket.gaierror(), OSError(errno.EHOSTUNREACH, "No route")):
        with (
            pytest.raises(DatabaseError),
            database_errors("reserve"),
        ):
            raise error


async def test_a_server_that_says_nothing_is_translated():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"postgresql+asyncpg://shop@127.0.0.1:{port}/shop?ssl=disable"
        async with engine_of(url, connect_args={"timeout": 0.02}) as engine:
            with pytest.raises(DatabaseError) as caught:
                await error_translation.PostgresShelf(engine).reserve("TEA", 1)

    assert type(caught.value.__cause__) is TimeoutError


async def test_a_pool_that_ran_dry_is_translated(asyncpg_url):
    dry = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0}
    async with engine_of(asyncpg_url, **dry) as engine, engine.connect():
        with pytest.raises(DatabaseError) as caught:
            await error_translation.PostgresShelf(engine).reserve("TEA", 1)

    assert isinstance(caught.value.__cause__, PoolTimeoutError)


async def test_a_connection_that_is_killed_is_translated(stocked):
    kill = text("select pg_terminate_backend(pg_backend_pid())")
    async with stocked.connect() as connection:
        with (
            pytest.raises(DatabaseError) as caught,
            database_errors("kill"),
        ):
            await connection.execute(kill)
        await connection.invalidate()

    assert caught.value.context["sqlstate"] in {"57P01", "08003"}
    assert isinstance(caught.value.__cause__, DBAPIError)


async def test_a_statement_that_took_too_long_is_translated(engine):
    async with engine.connect() as connection:
        await connection.execute(text("set local statement_timeout = 1"))
        with (
            pytest.raises(DatabaseError) as caught,
            database_errors("sleep"),
        ):
            await connection.execute(text("select pg_sleep(60)"))

    assert caught.value.context["sqlstate"] == "57014"


def test_an_error_of_the_driver_that_nobody_wrapped_is_translated():
    with (
        pytest.raises(DatabaseError),
        database_errors("reserve"),
    ):
        raise asyncpg.InterfaceError("connection is closed")


def test_a_bug_is_not_the_database():
    with pytest.raises(KeyError), database_errors("reserve"):
        raise KeyError("sku")


def test_raise_from_marks_the_cause_and_plain_raise_only_the_context():
    def fails(cause):
        try:
            int("x")
        except ValueError as error:
            raise DatabaseError("failed") from (error if cause else None)

    with pytest.raises(DatabaseError) as chained:
        fails(cause=True)
    with pytest.raises(DatabaseError) as cut:
        fails(cause=False)

    assert isinstance(chained.value.__cause__, ValueError)
    assert cut.value.__cause__ is None
    assert cut.value.__suppress_context__


@pytest.mark.parametrize("sku", UNSTORABLE)
async def test_what_no_table_can_name_is_not_found(stocked, sku):
    with pytest.raises(NotFoundError):
        await error_translation.PostgresShelf(stocked).reserve(sku, 1)
