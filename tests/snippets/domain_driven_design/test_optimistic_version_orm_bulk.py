"""A statement of one's own on a versioned table, and those who read before."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm.exc import StaleDataError

from snippets.domain_driven_design import (
    optimistic_version_orm_bulk,
    optimistic_version_orm_bulk_broken,
)
from snippets.domain_driven_design.optimistic_version import StockNotFoundError
from snippets.domain_driven_design.optimistic_version_orm import StockRow
from snippets.domain_driven_design.persistence import Base
from tests.support.databases import UNSTORABLE
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize(
    "module", [optimistic_version_orm_bulk, optimistic_version_orm_bulk_broken]
)


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session, session.begin():
        session.add(StockRow(sku="MUG", on_hand=78))
    yield engine
    await engine.dispose()


async def on_hand(engine):
    async with AsyncSession(engine) as session:
        return (await session.get_one(StockRow, "MUG")).on_hand


@fix_and_twin(
    "module",
    optimistic_version_orm_bulk,
    optimistic_version_orm_bulk_broken,
    "Eight mugs are delivered while one is sold, and the "
    "sale writes the delivery away without an error.",
    raises=pytest.fail.Exception,
)
async def test_a_sale_does_not_undo_a_delivery(engine, module):
    async with AsyncSession(engine) as selling:
        row = await selling.get_one(StockRow, "MUG")
        async with AsyncSession(engine) as receiving, receiving.begin():
            await module.receive(receiving, "MUG", 8)
        row.on_hand -= 1
        with pytest.raises(StaleDataError):
            await selling.commit()

    assert await on_hand(engine) == 86


@both
async def test_a_delivery_is_added(engine, module):
    async with AsyncSession(engine) as session, session.begin():
        await module.receive(session, "MUG", 8)

    assert await on_hand(engine) == 86


@both
async def test_a_delivery_of_something_else_is_noticed(engine, module):
    async with AsyncSession(engine) as session:
        with pytest.raises(StockNotFoundError):
            await module.receive(session, "CUP", 8)


@pytest.mark.parametrize("pieces", [0, -8])
async def test_a_delivery_takes_nothing(engine, pieces):
    async with AsyncSession(engine) as session:
        with pytest.raises(ValueError, match="Not a number of pieces"):
            await optimistic_version_orm_bulk.receive(session, "MUG", pieces)


@pytest.mark.parametrize("sku", UNSTORABLE)
async def test_a_delivery_of_what_no_table_can_name_is_noticed(engine, sku):
    async with AsyncSession(engine) as session:
        with pytest.raises(StockNotFoundError):
            await optimistic_version_orm_bulk.receive(session, sku, 8)
