"""Dead letters of one consumer of `RedisStreamBus`, and their replay."""

from collections.abc import Set
from typing import Any

from redis.asyncio import Redis

from .delivery import succeeds
from .event_bus import Handler, check_subscription


class RedisDeadLetters:
    """Make it with what the bus was made with."""

    def __init__(self, redis: Redis, stream: str, consumer: str) -> None:
        self._redis = redis
        self._consumer = consumer
        self._letters = f"{stream}:dead:{consumer}"

    async def replay(self, event_types: Set[str], handler: Handler) -> int:
        """Hand each to ``handler``, oldest first; return how many succeeded.

        Those are deleted, the others are logged and stay. No other consumer
        gets them. Killed after the handler, or run twice at once, it hands one
        over twice.
        """
        check_subscription(self._consumer, event_types)
        start, succeeded = "-", 0
        while letters := await self._from(start):
            ((letter_id, fields),) = letters
            body = fields.get("event", "").encode(errors="surrogateescape")
            name = f"letter {letter_id} of {self._letters}"
            if await succeeds(body, event_types, handler, name):
                await self._redis.xdel(self._letters, letter_id)
                succeeded += 1
            start = f"({letter_id}"
        return succeeded

    async def _from(self, start: str) -> list[Any]:
        return await self._redis.xrange(self._letters, start, count=1) or []
