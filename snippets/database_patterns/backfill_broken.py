"""Broken: one statement; SQL is good at sets."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine


async def backfill(engine: AsyncEngine, *_: object, **__: object) -> int:
    async with engine.begin() as connection:
        result = await connection.execute(
            text(
                "UPDATE delivery_addresses SET postal_code = zip"
                " WHERE postal_code IS NULL"
            )
        )
        return result.rowcount
