"""Optimistic locking by the ORM: what a flush checks, and what it does not."""

import asyncio

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm.exc import StaleDataError

from snippets.domain_driven_design.optimistic_version_orm import StockRow
from snippets.domain_driven_design.persistence import Base


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session, session.begin():
        session.add(StockRow(sku="MUG", on_hand=1))
    yield engine
    await engine.dispose()


async def test_of_two_sessions_that_read_one_row_one_is_refused(engine):
    both_have_read = asyncio.Barrier(2)

    async def buy() -> str:
        async with AsyncSession(engine) as session:
            row = await session.get_one(StockRow, "MUG")
            row.on_hand -= 1
            await both_have_read.wait()
            try:
                await session.commit()
            except StaleDataError:
                return "refused"
            return "sold"

    assert sorted(await asyncio.gather(buy(), buy())) == ["refused", "sold"]


async def test_a_flush_counts_versions(engine):
    async with AsyncSession(engine) as session:
        row = await session.get_one(StockRow, "MUG")
        row.on_hand = 5
        await session.flush()
        assert row.version == 2


async def test_an_update_of_your_own_neither_checks_nor_counts(engine):
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(update(StockRow).values(on_hand=5))
    async with AsyncSession(engine) as session:
        row = await session.get_one(StockRow, "MUG")
    assert (row.on_hand, row.version) == (5, 1)
