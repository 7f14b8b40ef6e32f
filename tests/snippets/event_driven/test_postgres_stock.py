"""Stock on PostgreSQL: what is free, and concurrent reservations."""

import asyncio

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.domain_driven_design.persistence import Base
from snippets.event_driven.participants import RefusedError
from snippets.event_driven.postgres_stock import (
    FreeStockRow,
    PostgresStock,
    ReservationRow,
)
from tests.support.databases import LEVELS, UNSTORABLE


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(FreeStockRow).values(sku="TEA", free=3))
    yield engine
    await engine.dispose()


@pytest.fixture
def stock(engine):
    return PostgresStock(engine)


async def free(engine):
    async with engine.connect() as connection:
        return await connection.scalar(select(FreeStockRow.free))


async def test_reserved_pieces_are_not_free(engine, stock):
    await stock.reserve("a", "TEA", 2)
    assert await free(engine) == 1


async def test_too_few_are_refused_and_stay_free(engine, stock):
    with pytest.raises(RefusedError, match="4 of TEA: refused"):
        await stock.reserve("a", "TEA", 4)
    assert await free(engine) == 3


async def test_what_nobody_stocks_is_refused(stock):
    with pytest.raises(RefusedError):
        await stock.reserve("a", "POT", 1)


async def test_a_release_gives_back_what_its_key_reserved(engine, stock):
    await stock.reserve("a", "TEA", 1)
    await stock.reserve("b", "TEA", 2)
    await stock.release("b")
    assert await free(engine) == 2


async def test_a_refused_reservation_has_nothing_to_release(engine, stock):
    with pytest.raises(RefusedError):
        await stock.reserve("a", "TEA", 4)
    await stock.release("a")
    assert await free(engine) == 3


async def test_repeats_at_the_same_time_reserve_once(engine, stock):
    await asyncio.gather(*(stock.reserve("a", "TEA", 2) for _ in range(3)))
    assert await free(engine) == 1


@pytest.mark.parametrize("level", LEVELS)
async def test_repeats_reserve_once_whatever_the_engines_level_is(
    engine, at_level, level
):
    stock = PostgresStock(at_level(level))
    await asyncio.gather(*(stock.reserve("a", "TEA", 2) for _ in range(5)))
    assert await free(engine) == 1


@pytest.mark.parametrize("level", LEVELS)
async def test_what_fails_leaves_nothing_whatever_the_engines_level_is(
    engine, at_level, level
):
    stock = PostgresStock(at_level(level))
    await stock.reserve("a", "TEA", 2)
    async with engine.begin() as connection:
        await connection.execute(delete(FreeStockRow))
    with pytest.raises(LookupError):
        await stock.release("a")

    async with engine.connect() as connection:
        status = await connection.scalar(select(ReservationRow.status))
    assert status == "reserved"


async def test_no_more_is_reserved_than_there_is(engine, stock):
    outcomes = await asyncio.gather(
        *(stock.reserve(str(n), "TEA", 1) for n in range(5)),
        return_exceptions=True,
    )
    assert [type(each) for each in outcomes if each] == [RefusedError] * 2
    assert await free(engine) == 0


@pytest.mark.parametrize("pieces", [-100, 0, True, 2**31, 1.0, "1", None])
async def test_what_is_no_amount_is_refused(engine, stock, pieces):
    with pytest.raises(RefusedError, match="Not an amount"):
        await stock.reserve("a", "TEA", pieces)
    assert await free(engine) == 3


@pytest.mark.parametrize(("sku", "pieces"), [("TEA", 3), ("POT", 2)])
async def test_a_key_stands_for_one_request(engine, stock, sku, pieces):
    await stock.reserve("a", "TEA", 2)
    with pytest.raises(ValueError, match="a asked for something else before"):
        await stock.reserve("a", sku, pieces)
    assert await free(engine) == 1


async def test_pieces_that_cannot_be_put_back_stay_reserved(engine, stock):
    await stock.reserve("a", "TEA", 2)
    async with engine.begin() as connection:
        await connection.execute(delete(FreeStockRow))
    with pytest.raises(LookupError, match="Nowhere to put TEA back"):
        await stock.release("a")

    async with engine.begin() as connection:
        await connection.execute(insert(FreeStockRow).values(sku="TEA", free=0))
    await stock.release("a")
    assert await free(engine) == 2


@pytest.mark.parametrize("sku", UNSTORABLE)
async def test_an_article_that_no_table_can_name_is_refused(stock, sku):
    with pytest.raises(RefusedError, match="Not a text"):
        await stock.reserve("a", sku, 1)


@pytest.mark.parametrize("key", UNSTORABLE)
async def test_nothing_is_reserved_under_a_key_that_no_table_can_hold(
    engine, stock, key
):
    with pytest.raises(RefusedError, match="Not a text"):
        await stock.reserve(key, "TEA", 1)
    await stock.release(key)
    assert await free(engine) == 3
