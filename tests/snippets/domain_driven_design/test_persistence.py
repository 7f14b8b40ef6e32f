"""One Base: whatever hangs on it is created at once."""

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.domain_driven_design.optimistic_version_orm import StockRow
from snippets.domain_driven_design.persistence import Base
from snippets.domain_driven_design.row_lock import HotStockRow


async def test_every_declared_table_can_be_created(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        created = await connection.run_sync(
            lambda sync: set(inspect(sync).get_table_names())
        )
    await engine.dispose()

    assert {StockRow.__tablename__, HotStockRow.__tablename__} <= created
    assert created == set(Base.metadata.tables)
