"""The type carries the unit, so that no name has to and no reader has to ask.

`HOLD` is a duration. Whether Valkey counts in seconds is the adapter's affair.
"""

from datetime import timedelta

from redis.asyncio import Redis

HOLD = timedelta(minutes=15)


class StockHolds:
    """Keeps a customer's units out of other baskets for a while."""

    def __init__(self, redis: Redis, hold: timedelta = HOLD) -> None:
        self._redis = redis
        self._hold = hold

    async def place(self, sku: str, customer_id: str, quantity: int) -> None:
        key = f"hold:{sku}:{customer_id}"
        await self._redis.set(key, quantity, ex=self._hold)

    async def is_held(self, sku: str, customer_id: str) -> bool:
        return bool(await self._redis.exists(f"hold:{sku}:{customer_id}"))
