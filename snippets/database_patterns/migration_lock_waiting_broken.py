"""Broken: lets PostgreSQL do the waiting for the advisory lock."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from .migration_lock import LOCK


async def hold_migration_lock(connection: AsyncConnection) -> None:
    await connection.execute(select(func.pg_advisory_lock(LOCK)))
    await connection.commit()
