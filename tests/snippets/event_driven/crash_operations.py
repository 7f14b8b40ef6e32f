"""What the children of the crash-point tests do, and what judges them."""

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

import nats
from nats.js.api import ConsumerConfig
from nats.js.errors import NotFoundError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from snippets.domain_driven_design.persistence import Base
from snippets.event_driven import (
    inbox,
    inbox_broken,
    outbox_place_order,
    outbox_publish_after_commit_broken,
    outbox_publish_before_commit_broken,
    projection,
    projection_broken,
)
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.inbox_charge_order import charge_order
from snippets.event_driven.relay import OutboxRelay

ORDER = UUID(int=7)
ACK_WAIT = 0.2  # seconds until JetStream delivers again


class Stream:
    """An event bus of one test's own, on JetStream, and its one consumer."""

    def __init__(self, jetstream, name):
        self._jetstream, self.name = jetstream, name

    @classmethod
    @asynccontextmanager
    async def connected(cls, url, name):
        client = await nats.connect(url)
        try:
            yield cls(client.jetstream(), name)
        finally:
            await client.close()

    async def empty(self):
        """Made if it is not there, and purged if it is, with its consumer.

        Not deleted and made anew: the server may still be removing the files
        when it is to make them (err_code 10049).
        """
        await self._jetstream.add_stream(name=self.name, subjects=[self.name])
        await self._jetstream.purge_stream(self.name)

    async def delete(self):
        with suppress(NotFoundError):
            await self._jetstream.delete_stream(self.name)

    async def publish(self, event):
        await self._jetstream.publish(self.name, event.to_json())

    async def drain(self, handler):
        """Hand over what is there until all of it has been acknowledged."""
        consumer = await self._jetstream.pull_subscribe(
            self.name,
            durable="payments",
            config=ConsumerConfig(ack_wait=ACK_WAIT),
        )
        events = []
        while True:
            info = await consumer.consumer_info()
            if not info.num_pending and not info.num_ack_pending:
                return events
            try:
                (message,) = await consumer.fetch(1, timeout=1)
            except nats.errors.TimeoutError:
                continue
            event = EventEnvelope.from_json(message.data)
            await handler(event)
            await message.ack_sync()
            events.append(event)


def an_engine(url):
    return create_async_engine(url, poolclass=NullPool)


async def place_order(way, postgres_url, nats_url, stream_name):
    """A customer orders; the shop tells the others."""
    engine = an_engine(postgres_url)
    async with Stream.connected(nats_url, stream_name) as stream:
        if way == "fix":
            await outbox_place_order.place_order(engine, ORDER, 980)
            await OutboxRelay(engine, stream).run_once()
        elif way == "publish after commit":
            module = outbox_publish_after_commit_broken
            await module.place_order(engine, stream, ORDER, 980)
        else:
            module = outbox_publish_before_commit_broken
            await module.place_order(engine, stream, ORDER, 980)


CONSUMERS = {
    "fix": inbox.IdempotentConsumer,
    "in memory": inbox_broken.IdempotentConsumer,
}


async def consume(way, postgres_url, nats_url, stream_name):
    """Payments take an event from the bus and charge the customer."""
    handler = CONSUMERS[way](an_engine(postgres_url), "payments", charge_order)
    async with Stream.connected(nats_url, stream_name) as stream:
        await stream.drain(handler)


PROJECTIONS = {"fix": projection, "checkpoint after": projection_broken}


async def project(way, postgres_url):
    """The dashboard takes in what is new."""
    await PROJECTIONS[way].run_once(an_engine(postgres_url))


@dataclass
class Shop:
    """The database and the bus, as the parent and as a child reach them."""

    engine: AsyncEngine
    stream: Stream
    arguments: tuple[str, ...]

    async def empty(self):
        async with self.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                await connection.execute(table.delete())
        await self.stream.empty()

    async def count(self, table):
        async with self.engine.connect() as connection:
            query = text(f"select count(*) from {table}")
            return await connection.scalar(query)
