"""Broken: has the partitions, and deletes the rows all the same."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from .partitioning import ProductViewRow


async def drop_partitions(engine: AsyncEngine, before: datetime) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            delete(ProductViewRow).where(ProductViewRow.seen_at < before)
        )
