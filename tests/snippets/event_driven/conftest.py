"""Every bus on its real server; see ``buses.py``."""

import pytest

from tests.snippets.event_driven.buses import (
    InMemory,
    OnNats,
    OnRabbitMQ,
    OnRedis,
    opened,
)

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


@pytest.fixture(params=KINDS)
async def buses(request):
    async for buses in buses_of(request, request.param):
        yield buses


@pytest.fixture(params=["nats", "rabbitmq", "redis"])
async def durable_buses(request):
    async for buses in buses_of(request, request.param):
        yield buses
