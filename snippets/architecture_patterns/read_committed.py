"""A transaction at READ COMMITTED, whatever the engine's level is.

Whoever waited for a lock must then see what it waited for. Above that level,
PostgreSQL ends the transaction with SQLSTATE 40001 instead; at AUTOCOMMIT there
is none. A level that is an option of the engine would outlast one that is an
option of an engine made from it, so each connection is told.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

READ_COMMITTED = {"isolation_level": "READ COMMITTED"}


@asynccontextmanager
async def read_committed(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """Commits on leaving without an error; rows that were read stay as read."""
    async with (
        AsyncSession(engine, expire_on_commit=False) as session,
        session.begin(),
    ):
        await session.connection(execution_options=READ_COMMITTED)
        yield session
