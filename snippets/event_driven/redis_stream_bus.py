"""An adapter: the event bus on Redis streams (Redis 7, Valkey 7.2 or later)."""

import asyncio
import logging
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from functools import partial

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from ..code_style.own_cancellation import StrayCancellationError, apart
from .background_loop import repeating
from .delivery import succeeds
from .event_bus import EventNotPublishedError, Handler, check_subscription
from .event_envelope import EventEnvelope, is_event_type
from .redelivery_policy import RedeliveryPolicy
from .redis_stream_group import RedisStreamGroup

logger = logging.getLogger(__name__)


class RedisStreamBus:
    """Fits the port `EventBus`. Make ``redis`` with `connect_redis`.

    Each subscription handles one event at a time, as ``worker``: a name that
    belongs to one process. Dead events go to ``<stream>:dead:<consumer>``. A
    second worker, or a retry, loses the order. While Redis is away, it waits.
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
            await apart(
                self._redis.xadd(
                    self._stream, {"type": event.type, "event": event.to_json()}
                )
            )
        except (RedisError, StrayCancellationError) as error:
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
        check_subscription(consumer, event_types)
        group = RedisStreamGroup(
            self._redis, self._stream, consumer, self._worker, self._redelivery
        )
        await apart(group.join(event_types, replay=replay))
        async with repeating(partial(self._go_on, group, event_types, handler)):
            yield

    async def _go_on(
        self, group: RedisStreamGroup, event_types: Set[str], handler: Handler
    ) -> None:
        try:
            await self._consume_one(group, event_types, handler)
        except (RedisConnectionError, RedisTimeoutError):
            logger.exception("%s waits for Redis", self._stream)
            await asyncio.sleep(self._redelivery.first_delay)

    async def _consume_one(
        self, group: RedisStreamGroup, event_types: Set[str], handler: Handler
    ) -> None:
        entry = await group.next()
        if entry is None:
            return
        event_type = entry.fields.get("type", "")
        body = entry.fields.get("event", "").encode(errors="surrogateescape")
        name = f"delivery {entry.delivery} of {entry.id}"
        if is_event_type(event_type) and not await group.wants(event_type):
            await group.acknowledge(entry)
        elif self._redelivery.is_exceeded_by(entry.delivery):
            await group.bury(entry)
        elif await succeeds(body, event_types, handler, name):
            await group.acknowledge(entry)
        else:
            await group.retry_later(entry)
