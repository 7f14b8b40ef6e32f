"""Which bus? A setting: the adapter follows from the URL's scheme."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
from aio_pika import connect_robust

from .event_bus import EventBus
from .in_memory_bus import InMemoryBus
from .nats_bus import NatsBus
from .rabbitmq_bus import RabbitMQBus, declare_exchange
from .redelivery_policy import RedeliveryPolicy
from .redis_stream_bus import RedisStreamBus, connect_redis


@asynccontextmanager
async def open_bus(url: str, name: str, worker: str) -> AsyncIterator[EventBus]:
    """Connect, once a process; disconnect at the end of the block.

    ``name`` is that of stream or exchange, ``worker`` that of this process.

    Raises:
        ValueError: the scheme is none of memory, nats, amqp and redis.
    """
    redelivery = RedeliveryPolicy()
    match url.partition("://")[0]:
        case "memory":
            yield InMemoryBus()
        case "nats":
            async with await nats.connect(
                url, max_reconnect_attempts=-1
            ) as client:
                bus = NatsBus(client.jetstream(), name, redelivery)
                await bus.create_streams()
                yield bus
        case "amqp" | "amqps":
            async with await connect_robust(url) as connection:
                exchange = await declare_exchange(connection, name)
                yield RabbitMQBus(connection, exchange)
        case "redis" | "rediss":
            async with connect_redis(url) as redis:
                yield RedisStreamBus(redis, name, worker, redelivery)
        case scheme:
            raise ValueError(f"No bus for {scheme}://")
