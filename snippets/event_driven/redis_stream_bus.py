"""An adapter: the event bus on Redis streams (Redis 7, Valkey 7.2 or later)."""

import logging
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from functools import partial

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from .background_loop import repeating
from .event_bus import EventNotPublishedError, Handler
from .event_envelope import EventEnvelope
from .own_cancellation import apart
from .redelivery_policy import RedeliveryPolicy
from .redis_stream_group import Entry, RedisStreamGroup

logger = logging.getLogger(__name__)


def connect_redis(url: str) -> Redis:
    """A client that reconnects for about 13 seconds, then raises.

    Made from a URL, redis-py's client (8.1) would not try again at all. A
    command that is tried again may have been executed: at least once.
    """
    return Redis.from_url(
        url,
        decode_responses=True,
        retry=Retry(ExponentialBackoff(cap=2, base=0.05), retries=10),
    )


class RedisStreamBus:
    """Fits the port `EventBus`. Make ``redis`` with `connect_redis`.

    Each subscription handles one event at a time, as ``worker``: a name that
    belongs to one process. Dead events go to ``<stream>:dead:<consumer>``. A
    second worker, or a retry, loses the order.
    """

    def __init__(
        self,
        redis: Redis,
        stream: str,
        worker: str,
        redelivery: RedeliveryPolicy,
    ) -> None:
        self._redis = redis
        self._stream = stream
        self._worker = worker
        self._redelivery = redelivery

    async def publish(self, event: EventEnvelope) -> None:
        """Return when the primary has the event in memory.

        When it is on disk or on a replica, the server's settings decide.
        """
        try:
            await self._redis.xadd(
                self._stream, {"type": event.type, "event": event.to_json()}
            )
        except RedisError as error:
            raise EventNotPublishedError(str(event.id)) from error

    @asynccontextmanager
    async def subscribe(
        self,
        consumer: str,
        event_types: Set[str],
        handler: Handler,
        *,
        replay: bool = False,
    ) -> AsyncIterator[None]:
        """See `EventBus`. A new consumer with ``replay`` gets all events that
        the stream holds.
        """
        group = RedisStreamGroup(
            self._redis, self._stream, consumer, self._worker, self._redelivery
        )
        await group.create(replay=replay)
        async with repeating(
            partial(self._consume_one, group, event_types, handler)
        ):
            yield

    async def _consume_one(
        self, group: RedisStreamGroup, event_types: Set[str], handler: Handler
    ) -> None:
        entry = await group.next()
        if entry is None:
            return
        if entry.fields["type"] not in event_types:
            await group.acknowledge(entry)
        elif self._redelivery.is_exceeded_by(entry.delivery):
            await group.bury(entry)
        elif await self._succeeds(handler, entry):
            await group.acknowledge(entry)
        else:
            await group.retry_later(entry)

    async def _succeeds(self, handler: Handler, entry: Entry) -> bool:
        try:
            await apart(handler(EventEnvelope.from_json(entry.fields["event"])))
        except Exception:
            logger.exception("Delivery %s of %s", entry.delivery, entry.id)
            return False
        return True
