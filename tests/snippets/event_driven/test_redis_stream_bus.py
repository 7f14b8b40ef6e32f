"""What the Redis bus does beyond the contract in ``test_event_bus.py``."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from snippets.event_driven.event_bus import EventNotPublishedError
from snippets.event_driven.redis_stream_bus import RedisStreamBus
from tests.snippets.event_driven.buses import (
    BOTH,
    CANCELLED,
    PLACED,
    OnRedis,
    Received,
    an_event,
    opened,
)
from tests.support.proxy import Proxy


@pytest.fixture
async def buses(redis_url):
    async with opened(OnRedis, redis_url) as buses:
        yield buses


async def test_publishing_fails_while_the_connection_is_down(buses):
    async with Proxy(buses.url) as proxy:
        bus = await buses.connect(url=proxy.url)
        await bus.publish(an_event())

        proxy.refuse()

        with pytest.raises(EventNotPublishedError):
            await bus.publish(an_event())


async def test_without_a_connection_there_is_no_subscription(buses):
    async with Proxy(buses.url) as proxy:
        bus = await buses.connect(url=proxy.url)
        proxy.refuse()

        with pytest.raises(RedisConnectionError):
            async with bus.subscribe("stock", {PLACED}, Received()):
                pass


async def test_a_deleted_stream_ends_the_block_with_an_error(buses):
    bus = await buses.connect()

    async def run():
        async with bus.subscribe("stock", {PLACED}, Received()):
            await buses.client().delete(buses.name)
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as raised:
        await run()

    assert raised.group_contains(ResponseError, match="NOGROUP")


@pytest.mark.parametrize(
    "fields",
    [
        {b"event": b"no type"},
        {b"type": b"order.placed"},
        {b"anything": b"else"},
        {b"": b""},
        {b"type": b"order.placed", b"event": b"\xff\xfe"},
        {b"type": b"order.\n"},
        {b"type": b"\xff", b"\xff": b"\xff"},
    ],
    ids=repr,
)
async def test_an_entry_that_cannot_be_read_is_buried_as_it_is(buses, fields):
    bus, stock, event = await buses.connect(), Received(), an_event()
    raw = Redis.from_url(buses.url)
    letters, dead = f"{buses.name}:dead:stock", []

    async with bus.subscribe("stock", {PLACED}, stock):
        await raw.xadd(buses.name, fields)
        await bus.publish(event)
        while not dead:
            dead = await raw.xread({letters: "0"}, block=1_000)

        assert await stock.first(1) == [event]
    ((_, ((_, buried),)),) = dead
    assert buried == fields
    await raw.aclose()


async def test_a_new_consumer_may_replay_what_the_stream_holds(buses):
    bus, projection = await buses.connect(), Received()
    events = [an_event(PLACED), an_event(CANCELLED), an_event(PLACED)]
    for event in events:
        await bus.publish(event)

    async with bus.subscribe("stock", BOTH, projection, replay=True):
        assert await projection.first(3) == events


async def test_a_key_that_is_no_stream_is_an_error(buses):
    bus = await buses.connect()
    await buses.client().set(buses.name, "a string")

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        async with bus.subscribe("stock", {PLACED}, Received()):
            pass


async def test_a_type_that_no_worker_wants_is_skipped(buses):
    bus: RedisStreamBus = await buses.connect()
    stock, wanted = Received(), an_event(PLACED)
    async with bus.subscribe("stock", {PLACED}, stock):
        await bus.publish(an_event(CANCELLED))
        await bus.publish(wanted)

        assert await stock.first(1) == [wanted]
