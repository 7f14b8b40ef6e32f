"""Translation, on a real PostgreSQL: refusals, outages, causes."""

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.code_style import error_translation, error_translation_broken
from snippets.code_style.errors import (
    DatabaseError,
    InsufficientStockError,
    NotFoundError,
)

both = pytest.mark.parametrize(
    "module", [error_translation, error_translation_broken]
)


def fix_and_twin(reason):
    return pytest.mark.parametrize(
        "module",
        [
            pytest.param(error_translation, id="fix"),
            pytest.param(
                error_translation_broken,
                id="broken",
                marks=pytest.mark.xfail(
                    strict=True, raises=DatabaseError, reason=reason
                ),
            ),
        ],
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
            text("create table stock (sku text primary key, available int)")
        )
        await connection.execute(text("insert into stock values ('TEA', 2)"))
    return engine


@fix_and_twin("A sold-out article answers 503 and wakes the operator")
async def test_a_refusal_stays_a_refusal(module, stocked):
    with pytest.raises(InsufficientStockError) as caught:
        await module.PostgresStock(stocked).reserve("TEA", 3)

    assert caught.value.context == {
        "sku": "TEA",
        "requested": 3,
        "available": 2,
    }


@fix_and_twin("A mistyped SKU answers 503 and is retried for ever")
async def test_an_unknown_sku_is_not_found(module, stocked):
    with pytest.raises(NotFoundError):
        await module.PostgresStock(stocked).reserve("TAE", 1)


@both
async def test_a_reservation_takes_units(module, stocked):
    assert await module.PostgresStock(stocked).reserve("TEA", 2) == 0


async def test_a_refusal_takes_nothing(stocked):
    stock = error_translation.PostgresStock(stocked)
    with pytest.raises(InsufficientStockError):
        await stock.reserve("TEA", 3)
    assert await stock.reserve("TEA", 1) == 1


async def test_a_driver_error_is_translated_and_kept_as_the_cause(engine):
    with pytest.raises(DatabaseError) as caught:
        await error_translation.PostgresStock(engine).reserve("TEA", 1)

    undefined_table = asyncpg.UndefinedTableError.sqlstate
    assert caught.value.context == {
        "operation": "reserve",
        "sqlstate": undefined_table,
    }
    assert isinstance(caught.value.__cause__, ProgrammingError)


async def test_a_refused_connection_is_translated(nobody):
    engine = create_async_engine(
        f"postgresql+asyncpg://shop@127.0.0.1:{nobody}/shop?ssl=disable"
    )
    with pytest.raises(DatabaseError) as caught:
        await error_translation.PostgresStock(engine).reserve("TEA", 1)

    assert type(caught.value.__cause__) is ConnectionRefusedError


async def test_a_connection_that_is_killed_is_translated(stocked):
    kill = text("select pg_terminate_backend(pg_backend_pid())")
    async with stocked.connect() as connection:
        with (
            pytest.raises(DatabaseError) as caught,
            error_translation.database_errors("kill"),
        ):
            await connection.execute(kill)
        await connection.invalidate()

    assert caught.value.context["sqlstate"] in {"57P01", "08003"}


def test_a_bug_is_not_the_database():
    with pytest.raises(KeyError), error_translation.database_errors("reserve"):
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
