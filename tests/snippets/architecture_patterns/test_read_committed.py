"""A transaction at READ COMMITTED, on engines of every level."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.architecture_patterns.read_committed import read_committed
from snippets.architecture_patterns.tables import ProductRow
from tests.support.databases import LEVELS


def product(sku):
    return ProductRow(sku=sku, price=1, currency="EUR")


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
async def test_the_engine_keeps_the_level_it_has(at_level, level):
    isolated = at_level(level)
    isolation = text("select current_setting('transaction_isolation')")
    async with read_committed(isolated) as session:
        assert await session.scalar(isolation) == "read committed"
    async with AsyncSession(isolated) as session:
        assert await session.scalar(isolation) == level.lower()


@pytest.mark.parametrize("level", ["READ COMMITTED", *LEVELS])
async def test_an_error_at_read_committed_leaves_nothing(
    engine, at_level, level
):
    async def add_and_fail():
        async with read_committed(at_level(level)) as session:
            session.add(product("TEA-1"))
            await session.flush()
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        await add_and_fail()
    async with read_committed(at_level(level)) as session:
        session.add(product("POT-1"))

    async with AsyncSession(engine) as session:
        assert [*await session.scalars(select(ProductRow.sku))] == ["POT-1"]
