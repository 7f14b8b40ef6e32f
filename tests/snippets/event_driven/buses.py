"""Every bus under one roof, so that one suite can hold them to one contract."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import aio_pika
import nats

from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.in_memory_bus import InMemoryBus
from snippets.event_driven.nats_bus import NatsBus
from snippets.event_driven.nats_dead_letters import NatsDeadLetters
from snippets.event_driven.rabbitmq_bus import RabbitMQBus, declare_exchange
from snippets.event_driven.rabbitmq_dead_letters import RabbitMQDeadLetters
from snippets.event_driven.redelivery_policy import RedeliveryPolicy
from snippets.event_driven.redis_connection import connect_redis
from snippets.event_driven.redis_dead_letters import RedisDeadLetters
from snippets.event_driven.redis_stream_bus import RedisStreamBus

QUICK = RedeliveryPolicy(max_deliveries=3, first_delay=0.001, timeout=30)
IMPATIENT = RedeliveryPolicy(max_deliveries=3, first_delay=0.001, timeout=0.2)

PLACED, CANCELLED = "order.placed", "order.cancelled"
BOTH = frozenset({PLACED, CANCELLED})


def an_event(event_type=PLACED, subject="order-1", **data):
    return EventEnvelope(type=event_type, subject=subject, data=data)


class Received:
    """A handler that keeps what it gets."""

    def __init__(self):
        self.events = []
        self._changed = asyncio.Condition()

    async def __call__(self, event):
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    async def first(self, count):
        """Wait for so many events; return all there are."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.events) >= count)
        return self.events


class InMemory:
    """One bus, which is all there is."""

    def __init__(self, stack, url):
        self.url, self.name = url, "shop"
        self._bus = InMemoryBus()

    async def connect(self):
        return self._bus

    async def clean(self):
        """Nothing outlives the process."""


class OnNats:
    """Each `connect` is another process: a connection of its own."""

    def __init__(self, stack, url):
        self.name = f"shop-{uuid4().hex}"
        self._stack, self.url = stack, url

    async def client(self, url=None):
        client = await nats.connect(
            url or self.url,
            reconnect_time_wait=0.01,
            max_reconnect_attempts=-1,
            error_cb=ignore,
        )
        self._stack.push_async_callback(client.close)
        return client

    async def connect(self, redelivery=QUICK, ordered=False, url=None):
        client = await self.client(url)
        bus = NatsBus(client, self.name, redelivery, ordered=ordered)
        await bus.create_streams()
        return bus

    async def publish_raw(self, body):
        jetstream = (await self.client()).jetstream()
        await jetstream.publish(f"{self.name}.{PLACED}", body)

    async def dead_letters(self, consumer):
        return NatsDeadLetters(await self.client(), self.name, consumer)

    async def dead_letter(self, consumer):
        jetstream = (await self.client()).jetstream()
        dead = await jetstream.subscribe(
            f"{self.name}-dead.{consumer}", ordered_consumer=True
        )
        return (await dead.next_msg(timeout=20)).data

    async def clean(self):
        jetstream = (await self.client()).jetstream()
        for stream in await jetstream.streams_info():
            if stream.config.name.startswith(self.name):
                await jetstream.delete_stream(stream.config.name)


class OnRabbitMQ:
    """Each `connect` is another process: a connection of its own."""

    def __init__(self, stack, url):
        self.name = f"shop-{uuid4().hex}"
        self._stack, self.url = stack, url

    async def connection(self, url=None):
        connection = await aio_pika.connect_robust(
            url or self.url, reconnect_interval=0.01
        )
        self._stack.push_async_callback(connection.close)
        return connection

    async def connect(self, redelivery=QUICK, ordered=False, url=None):
        connection = await self.connection(url)
        return RabbitMQBus(
            connection,
            await declare_exchange(connection, self.name),
            redelivery,
            ordered=ordered,
        )

    async def publish_raw(self, body):
        exchange = await declare_exchange(await self.connection(), self.name)
        await exchange.publish(aio_pika.Message(body), PLACED)

    async def dead_letters(self, consumer):
        connection = await self.connection()
        return RabbitMQDeadLetters(connection, self.name, consumer)

    async def dead_letter(self, consumer):
        channel = await (await self.connection()).channel()
        queue = await channel.get_queue(f"{self.name}.{consumer}.dead")
        async with queue.iterator(timeout=20) as messages:
            return (await anext(messages)).body

    async def clean(self):
        connection = await self.connection()
        channel = await connection.channel()
        for consumer in ("stock", "mail"):
            await channel.queue_delete(f"{self.name}.{consumer}")
            await channel.queue_delete(f"{self.name}.{consumer}.dead")
        await channel.exchange_delete(self.name)


class OnRedis:
    """Each `connect` is another process: a client and a worker of its own."""

    def __init__(self, stack, url):
        self.name = f"shop-{uuid4().hex}"
        self._stack, self.url = stack, url
        self._workers = 0

    def client(self, url=None):
        client = connect_redis(url or self.url)
        self._stack.push_async_callback(client.aclose)
        return client

    async def connect(self, redelivery=QUICK, url=None):
        self._workers += 1
        return RedisStreamBus(
            self.client(url), self.name, f"worker-{self._workers}", redelivery
        )

    async def publish_raw(self, body):
        await self.client().xadd(self.name, {"type": PLACED, "event": body})

    async def dead_letters(self, consumer):
        return RedisDeadLetters(self.client(), self.name, consumer)

    async def dead_letter(self, consumer):
        stream = f"{self.name}:dead:{consumer}"
        ((_, entries),) = await self.client().xread({stream: "0"}, block=20_000)
        return entries[0][1]["event"].encode(errors="surrogateescape")

    async def clean(self):
        """The database is emptied before each test that uses it."""


async def ignore(error):
    """nats-py reports lost connections; the tests cut them on purpose."""


@asynccontextmanager
async def opened(kind, url):
    async with AsyncExitStack() as stack:
        buses = kind(stack, url)
        try:
            yield buses
        finally:
            await buses.clean()
