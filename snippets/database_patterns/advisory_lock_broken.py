"""Broken: the lock is the connection's, and the session changes connections."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .advisory_lock import Work, lock_key


async def run_alone(engine: AsyncEngine, name: str, work: Work) -> bool:
    key = lock_key(name)
    async with AsyncSession(engine) as session:
        if not await session.scalar(select(func.pg_try_advisory_lock(key))):
            return False
        try:
            await work(session)
            await session.commit()
        finally:
            await session.execute(select(func.pg_advisory_unlock(key)))
    return True
