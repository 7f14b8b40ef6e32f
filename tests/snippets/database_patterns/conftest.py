"""A database with the tables of this package."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from snippets.domain_driven_design.persistence import Base


@pytest.fixture
async def engine(asyncpg_url: str) -> AsyncIterator[AsyncEngine]:
    """Of a database with all tables of ``Base`` that the tests import."""
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()
