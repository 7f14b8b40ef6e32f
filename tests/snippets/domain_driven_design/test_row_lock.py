"""Pessimistic locking: the second waits, and decides by what the first left."""

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.code_style.errors import InsufficientStockError
from snippets.domain_driven_design import row_lock, row_lock_broken
from snippets.domain_driven_design.optimistic_version import (
    StockNotFoundError,
)
from snippets.domain_driven_design.persistence import Base
from snippets.domain_driven_design.row_lock import HotStockRow
from tests.support.databases import UNSTORABLE
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize("module", [row_lock, row_lock_broken])


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session, session.begin():
        session.add(HotStockRow(sku="MUG", on_hand=10))
    yield engine
    await engine.dispose()


async def on_hand(engine):
    async with AsyncSession(engine) as session:
        return (await session.get_one(HotStockRow, "MUG")).on_hand


@fix_and_twin(
    "module",
    row_lock,
    row_lock_broken,
    "Two customers buy a mug each, one after the other, and "
    "the stock goes down by one.",
)
async def test_both_sales_count_though_both_had_shown_the_stock(engine, module):
    both_have_read = asyncio.Barrier(2)

    async def show_and_buy():
        async with AsyncSession(engine) as session, session.begin():
            shown = await session.get_one(HotStockRow, "MUG")
            await both_have_read.wait()
            await module.reserve_hot(session, "MUG", 1)
            assert shown.on_hand < 10

    await asyncio.gather(show_and_buy(), show_and_buy())

    assert await on_hand(engine) == 8


async def test_a_query_that_locks_keeps_what_the_session_has_too(engine):
    locking = select(HotStockRow).with_for_update()
    async with AsyncSession(engine) as session:
        row = await session.get_one(HotStockRow, "MUG")
        async with AsyncSession(engine) as other, other.begin():
            await row_lock.reserve_hot(other, "MUG", 1)

        assert await session.scalar(locking) is row
        assert row.on_hand == 10
        await session.scalar(locking.execution_options(populate_existing=True))
        assert row.on_hand == 9


@both
async def test_both_sales_count_where_nothing_was_read_before(engine, module):
    async def buy():
        async with AsyncSession(engine) as session, session.begin():
            await module.reserve_hot(session, "MUG", 1)

    await asyncio.gather(buy(), buy())

    assert await on_hand(engine) == 8


@both
async def test_no_more_is_sold_than_there_is(engine, module):
    async with AsyncSession(engine) as session, session.begin():
        with pytest.raises(InsufficientStockError, match="Only 10 of"):
            await module.reserve_hot(session, "MUG", 11)
        with pytest.raises(StockNotFoundError):
            await module.reserve_hot(session, "CUP", 1)

    assert await on_hand(engine) == 10


@pytest.mark.parametrize("pieces", [0, -1])
async def test_a_reservation_adds_nothing(engine, pieces):
    async with AsyncSession(engine) as session:
        with pytest.raises(ValueError, match="Not a number of pieces"):
            await row_lock.reserve_hot(session, "MUG", pieces)


@pytest.mark.parametrize("sku", UNSTORABLE)
async def test_what_no_table_can_name_is_not_found(engine, sku):
    async with AsyncSession(engine) as session, session.begin():
        with pytest.raises(StockNotFoundError):
            await row_lock.reserve_hot(session, sku, 1)
