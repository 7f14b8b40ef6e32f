"""Broken: `except Exception` gives back after an error, not after a cancel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis


@asynccontextmanager
async def held(redis: Redis, sku: str, quantity: int) -> AsyncIterator[None]:
    await redis.decrby(f"stock:{sku}", quantity)
    try:
        yield
    except Exception:
        await redis.incrby(f"stock:{sku}", quantity)
        raise
