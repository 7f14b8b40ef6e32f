"""A consumer group of a Redis stream, as a queue with redelivery.

The group remembers which worker has which entry (its *pending* entries), since
when, and how often it was delivered. What has been pending for too long is
taken over: from a worker that died, or that asked for a delay.
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from .redelivery_policy import RedeliveryPolicy


@dataclass(frozen=True, slots=True)
class Entry:
    """What is in hand: its id, its fields, and which delivery this is."""

    id: str
    fields: dict[Any, str]
    delivery: int


class RedisStreamGroup:
    """``redis`` has ``decode_responses=True``; ``worker`` is this process."""

    def __init__(
        self,
        redis: Redis,
        stream: str,
        group: str,
        worker: str,
        redelivery: RedeliveryPolicy,
    ) -> None:
        self._redis = redis
        self._key = (stream, group)
        self._me = (stream, group, worker)
        self._redelivery = redelivery
        self._timeout = int(redelivery.timeout * 1000)  # milliseconds
        self._poll = max(1, min(1000, int(redelivery.first_delay * 1000)))
        self._types = f"{stream}:types:{group}"

    async def join(self, event_types: Set[str], *, replay: bool) -> None:
        """Create the group if it is new; add to the types that it is sent."""
        await self.create(replay=replay)
        await self._redis.sadd(self._types, *event_types)

    async def create(self, *, replay: bool) -> None:
        """Create the group if it is new: to get new entries only, or all."""
        try:
            await self._redis.xgroup_create(
                *self._key, "0" if replay else "$", mkstream=True
            )
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    async def wants(self, event_type: str) -> bool:
        """Whether any worker has ever subscribed to the type."""
        return bool(await self._redis.sismember(self._types, event_type))

    async def next(self) -> Entry | None:
        """Wait a moment for an entry: one taken over, else a new one.

        The server looks through all pending entries: what is due is found at
        once, behind however many that are not.
        """
        return await self._take_over() or await self._read_new()

    async def _take_over(self) -> Entry | None:
        while due := await self._due():
            claimed: Any = await self._redis.xclaim(
                *self._me, self._timeout, [due["message_id"]]
            )
            for entry_id, fields in claimed:
                return Entry(entry_id, fields, due["times_delivered"] + 1)
        return None

    async def _due(self) -> dict[str, Any] | None:
        due: list[Any] = await self._redis.xpending_range(
            *self._key, "-", "+", 1, idle=self._timeout
        )
        return due[0] if due else None

    async def _read_new(self) -> Entry | None:
        stream, group, worker = self._me
        streams: Any = await self._redis.xreadgroup(
            group, worker, {stream: ">"}, count=1, block=self._poll
        )
        for entry_id, fields in streams[0][1] if streams else ():
            return Entry(entry_id, fields, 1)
        return None

    async def acknowledge(self, entry: Entry) -> None:
        await self._redis.xack(*self._key, entry.id)

    async def retry_later(self, entry: Entry) -> None:
        """Make the entry so old that it times out after the delay."""
        delay = int(self._redelivery.delay_after(entry.delivery) * 1000)
        await self._redis.xclaim(
            *self._me, 0, [entry.id], idle=self._timeout - delay, justid=True
        )

    async def bury(self, entry: Entry) -> None:
        """Move the entry to the dead letters: both or neither."""
        stream, group = self._key
        async with self._redis.pipeline(transaction=True) as both:
            both.xadd(f"{stream}:dead:{group}", {**entry.fields})
            both.xack(stream, group, entry.id)
            await both.execute()
