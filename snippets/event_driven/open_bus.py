"""Which bus? A setting: the adapter follows from the URL's scheme."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aio_pika import connect_robust

from .event_bus import EventBus
from .in_memory_bus import InMemoryBus
from .nats_bus import NatsBus
from .nats_connection import connected_to_nats
from .rabbitmq_bus import RabbitMQBus, declare_exchange
from .redelivery_policy import RedeliveryPolicy
from .redis_connection import connect_redis, refuse_eviction
from .redis_stream_bus import RedisStreamBus


@asynccontextmanager
async def open_bus(url: str, name: str, worker: str) -> AsyncIterator[EventBus]:
    """Connect, once a process; disconnect at the end of the block.

    ``name`` is that of stream or exchange, ``worker`` that of this process.
    A URL for NATS may name several servers, separated by commas.

    Raises:
        ValueError: the scheme is none of memory, nats, tls (NATS), amqp and
            redis; or Redis would evict the stream.
        Exception: what the library raises when there is no server.
    """
    redelivery = RedeliveryPolicy()
    match url.partition("://")[0]:
        case "memory":
            yield InMemoryBus()
        case "nats" | "tls":
            async with connected_to_nats(url) as client:
                bus = NatsBus(client, name, redelivery)
                await bus.create_streams()
                yield bus
        case "amqp" | "amqps":
            async with (
                await connect_robust(url, timeout=10) as consuming,
                await connect_robust(url, timeout=10) as publishing,
            ):
                exchange = await declare_exchange(publishing, name)
                yield RabbitMQBus(consuming, exchange, redelivery)
        case "redis" | "rediss":
            async with connect_redis(url) as redis:
                await refuse_eviction(redis)
                yield RedisStreamBus(redis, name, worker, redelivery)
        case scheme:
            raise ValueError(f"No bus for {scheme}://")
