"""Broken: a second cancellation ends the cleanup at its first `await`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis


@asynccontextmanager
async def held(redis: Redis, sku: str, quantity: int) -> AsyncIterator[None]:
    await redis.decrby(f"stock:{sku}", quantity)
    finished = False
    try:
        yield
        finished = True
    finally:
        if not finished:
            await redis.incrby(f"stock:{sku}", quantity)
