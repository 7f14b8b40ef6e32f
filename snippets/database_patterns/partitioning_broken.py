"""Broken: makes the partition of a month when the month has come."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

TABLE = "product_views"


async def ensure_partitions(engine: AsyncEngine, now: datetime) -> None:
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (month + timedelta(days=31)).replace(day=1)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                f"CREATE TABLE IF NOT EXISTS {TABLE}_{month:%Y_%m}"
                f" PARTITION OF {TABLE}"
                f" FOR VALUES FROM ('{month}') TO ('{following}')"
            )
        )
