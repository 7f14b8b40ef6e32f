"""Buses on their servers (``buses.py``), tables, and a stream of one's own."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from servers.payment_provider import PaymentProvider, payment_provider
from snippets.domain_driven_design.persistence import Base
from snippets.event_driven import (  # noqa: F401 - each brings its tables
    inbox,
    inbox_charge_order,
    outbox_place_order,
    projection,
    retry_table,
)
from tests.snippets.event_driven.buses import (
    InMemory,
    OnNats,
    OnRabbitMQ,
    OnRedis,
    opened,
)
from tests.snippets.event_driven.crash_operations import Shop, Stream
from tests.support.until import async_until

KINDS = {
    "in_memory": (InMemory, None),
    "nats": (OnNats, "nats_url"),
    "rabbitmq": (OnRabbitMQ, "amqp_url"),
    "redis": (OnRedis, "redis_url"),
}


async def buses_of(request, name):
    kind, url = KINDS[name]
    async with opened(kind, url and request.getfixturevalue(url)) as buses:
        yield buses


@pytest.fixture
def provider() -> Iterator[PaymentProvider]:
    with payment_provider() as provider:
        yield provider


@pytest.fixture(params=KINDS)
async def buses(request):
    async for buses in buses_of(request, request.param):
        yield buses


@pytest.fixture(params=["nats", "rabbitmq", "redis"])
async def durable_buses(request):
    async for buses in buses_of(request, request.param):
        yield buses


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
async def stream(nats_url):
    async with Stream.connected(nats_url, f"shop-{uuid4().hex}") as stream:
        await stream.empty()
        yield stream
        await stream.delete()


@pytest.fixture
def shop(engine, stream, asyncpg_url, nats_url):
    return Shop(engine, stream, (asyncpg_url, nats_url, stream.name))


@pytest.fixture
def until_somebody_waits(engine):
    """Returns when a transaction waits for the lock of another."""
    query = text(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )

    async def until_somebody_waits():
        async def waiting():
            async with engine.connect() as connection:  # statistics once each
                return await connection.scalar(query)

        await async_until(waiting)

    return until_somebody_waits


class RecordingBus:
    """Notes what is published; the subject here is what stands before a bus."""

    def __init__(self):
        self.events = []

    async def publish(self, event):
        self.events.append(event)


@pytest.fixture
def bus():
    return RecordingBus()
