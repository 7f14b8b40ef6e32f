"""Catch where you can do something: a cache that fails is a slow cache.

The adapter translates; the caller, who knows that prices are also in the
database, decides that a failed cache is no reason to fail.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from .errors import CacheError

LoadCents = Callable[[str], Awaitable[int]]
WITHIN = timedelta(milliseconds=100)
logger = logging.getLogger(__name__)


class ValkeyPrices:
    """Prices by SKU, in cents, as long as Valkey remembers them."""

    def __init__(self, redis: Redis, within: timedelta = WITHIN) -> None:
        self._redis = redis
        self._within = within

    async def get(self, sku: str) -> int | None:
        """The price, or None when it is not remembered. Raises CacheError."""
        try:
            async with asyncio.timeout(self._within.total_seconds()):
                found = await self._redis.get(f"price:{sku}")
            price = None if found is None else cents(found)
        except (RedisError, TimeoutError, ValueError) as error:
            raise CacheError("The price cache failed", sku=sku) from error
        return price


def cents(found: bytes | str) -> int:
    """A price as this release writes it. ValueError for what int also reads:
    a sign, ``1_000``, white space, the digits of another script.
    """
    text = found if isinstance(found, str) else found.decode()
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{text!r:.40} is not a price in cents")
    return int(text)


async def price_of(sku: str, cache: ValkeyPrices, load: LoadCents) -> int:
    """The price from the cache, or from its source when the cache has none."""
    try:
        price = await cache.get(sku)
    except CacheError:
        logger.warning("Reading past the cache", exc_info=True)
        price = None
    if price is not None:
        return price
    return await load(sku)
