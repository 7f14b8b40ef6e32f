"""Broken: a number without a unit: fifteen minutes here, seconds there."""

from redis.asyncio import Redis

HOLD_TIME = 15


class StockHolds:
    def __init__(self, redis: Redis, hold_time: int = HOLD_TIME) -> None:
        self._redis = redis
        self._hold_time = hold_time

    async def place(self, sku: str, customer_id: str, quantity: int) -> None:
        key = f"hold:{sku}:{customer_id}"
        await self._redis.set(key, quantity, ex=self._hold_time)

    async def is_held(self, sku: str, customer_id: str) -> bool:
        return bool(await self._redis.exists(f"hold:{sku}:{customer_id}"))
