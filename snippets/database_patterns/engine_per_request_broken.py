"""Broken: each request has an engine, and so a pool, of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine


@asynccontextmanager
async def request_session(url: str) -> AsyncIterator[AsyncSession]:
    engine = create_async_engine(
        url.replace("postgresql:", "postgresql+asyncpg:"), pool_size=3
    )
    async with AsyncSession(engine) as session:
        yield session
    await engine.dispose()
