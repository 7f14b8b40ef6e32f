"""What the Redis bus does beyond the contract in ``test_event_bus.py``."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from snippets.event_driven.event_bus import EventNotPublishedError
from snippets.event_driven.redis_stream_bus import RedisStreamBus
from tests.proxy import Proxy
from tests.snippets.event_driven.buses import (
    BOTH,
    CANCELLED,
    PLACED,
    QUICK,
    OnRedis,
    Received,
    an_event,
    opened,
)


@pytest.fixture
async def buses(redis_url):
    async with opened(OnRedis, redis_url) as buses:
        yield buses


@pytest.fixture
async def impatient(redis_url):
    """A client that does not try again, and a way to cut it off."""
    async with Proxy(redis_url) as proxy:
        client = Redis.from_url(proxy.url, decode_responses=True)
        yield RedisStreamBus(client, "shop", "worker-1", QUICK), proxy
        await client.aclose()


async def test_publishing_fails_while_the_connection_is_down(impatient):
    bus, proxy = impatient
    await bus.publish(an_event())

    proxy.refuse()

    with pytest.raises(EventNotPublishedError):
        await bus.publish(an_event())


async def test_a_connection_that_stays_lost_ends_the_block(impatient):
    bus, proxy = impatient

    async def run():
        async with bus.subscribe("stock", {PLACED}, Received()):
            proxy.refuse()
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as raised:
        await run()

    assert raised.group_contains(RedisConnectionError)


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


async def test_workers_of_one_consumer_must_subscribe_to_the_same_types(buses):
    """What the older one does not know, it acknowledges."""
    older, newer = await buses.connect(), await buses.connect()
    stock, skipped, handled = Received(), Received(), an_event(PLACED)
    async with older.subscribe("stock", {PLACED}, stock):
        await older.publish(an_event(CANCELLED))
        await older.publish(handled)
        await stock.first(1)

    async with newer.subscribe("stock", BOTH, skipped):
        last = an_event(PLACED)
        await newer.publish(last)

        assert await skipped.first(1) == [last]
