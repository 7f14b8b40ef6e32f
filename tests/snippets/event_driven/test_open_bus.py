"""Opening a bus by URL: each kind delivers; others are refused."""

from uuid import uuid4

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from snippets.event_driven.open_bus import open_bus
from tests.snippets.event_driven.buses import (
    PLACED,
    OnNats,
    Received,
    an_event,
    opened,
)


async def test_the_bus_of_the_url_delivers(buses):
    stock, event = Received(), an_event()

    async with (
        open_bus(buses.url or "memory://", buses.name, "worker-1") as bus,
        bus.subscribe("stock", {PLACED}, stock),
    ):
        await bus.publish(event)

        assert await stock.first(1) == [event]


async def test_another_scheme_is_refused():
    with pytest.raises(ValueError, match="No bus for kafka"):
        async with open_bus("kafka://localhost", "shop", "worker-1"):
            pass


@pytest.mark.parametrize("scheme", ["nats", "amqp", "redis"])
async def test_where_nobody_listens_it_is_an_error(scheme, unused_tcp_port):
    url = f"{scheme}://127.0.0.1:{unused_tcp_port}"
    with pytest.raises((ConnectionError, RedisConnectionError)):
        async with open_bus(url, "shop", "worker-1"):
            pass


async def test_nats_may_be_several_servers(nats_url, unused_tcp_port):
    urls = f"nats://127.0.0.1:{unused_tcp_port},{nats_url}"
    name = f"shop-{uuid4().hex}"
    async with open_bus(urls, name, "worker-1") as bus:
        await bus.publish(an_event())
    async with opened(OnNats, nats_url) as buses:
        buses.name = name  # and is cleaned
