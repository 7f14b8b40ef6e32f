"""FastStream: one handler gets typed events from each real broker."""

from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4

import pytest
from aio_pika import connect
from faststream.nats import NatsBroker
from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange
from faststream.redis import RedisBroker
from nats import connect as connect_nats
from redis.asyncio import Redis

from snippets.event_driven.faststream_handler import (
    hears_nats,
    on_nats,
    on_rabbitmq,
    on_redis,
)
from snippets.event_driven.typed_events import OrderedItem, OrderPlacedMessage
from tests.snippets.event_driven.buses import Received


def an_order():
    return OrderPlacedMessage(
        order_id=uuid4(), lines=(OrderedItem(sku="TEA-1", quantity=2),)
    )


@asynccontextmanager
async def nats(nats_url):
    shop = f"shop-{uuid4().hex}"
    async with NatsBroker(nats_url, logger=None) as broker:

        async def publish(event):
            await broker.publish(event, f"{shop}.order.placed", stream=shop)

        yield partial(on_nats, broker, shop), broker.start, publish
    async with await connect_nats(nats_url) as client:
        await client.jetstream().delete_stream(shop)


@asynccontextmanager
async def rabbitmq(amqp_url):
    shop = f"shop-{uuid4().hex}"
    async with RabbitBroker(amqp_url, logger=None) as broker:

        async def publish(event):
            await broker.publish(
                event,
                exchange=RabbitExchange(
                    shop, type=ExchangeType.TOPIC, durable=True
                ),
                routing_key="order.placed",
                persist=True,
            )

        yield partial(on_rabbitmq, broker, shop), broker.start, publish
    async with await connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.queue_delete(f"{shop}.stock")
        await channel.exchange_delete(shop)


@asynccontextmanager
async def redis_streams(redis_url):
    shop = f"shop-{uuid4().hex}"
    async with RedisBroker(redis_url, logger=None) as broker:

        async def publish(event):
            await broker.publish(event, stream=f"{shop}:order.placed")

        subscribe = partial(on_redis, broker, shop, "worker-1")
        yield subscribe, broker.start, publish


KINDS = {
    "nats": (nats, "nats_url"),
    "rabbitmq": (rabbitmq, "amqp_url"),
    "redis": (redis_streams, "redis_url"),
}


@pytest.fixture(params=KINDS)
async def broker(request):
    kind, url = KINDS[request.param]
    async with kind(request.getfixturevalue(url)) as broker:
        yield broker


async def test_the_handler_gets_a_typed_event(broker):
    subscribe, start, publish = broker
    stock, event = Received(), an_order()

    async def handle(event: OrderPlacedMessage) -> None:
        await stock(event)

    subscribe(handle)
    await start()
    await publish(event)

    assert await stock.first(1) == [event]


@pytest.mark.parametrize("broker", ["nats", "rabbitmq"], indirect=True)
async def test_an_event_whose_handler_raises_comes_again(broker):
    subscribe, start, publish = broker
    stock, event = Received(), an_order()

    async def handle(event: OrderPlacedMessage) -> None:
        await stock(event)
        if len(stock.events) == 1:
            raise ConnectionError("the database is away")

    subscribe(handle)
    await start()
    await publish(event)

    assert await stock.first(2) == [event, event]


async def test_on_nats_nobody_hears_what_comes_after_the_stream_was_deleted(
    nats_url,
):
    shop = f"shop-{uuid4().hex}"
    stock = Received()

    async def handle(event: OrderPlacedMessage) -> None:
        await stock(event)

    async with (
        await connect_nats(nats_url) as client,
        NatsBroker(nats_url, logger=None) as broker,
    ):
        jetstream = client.jetstream()
        on_nats(broker, shop, handle)
        await broker.start()
        await broker.publish(an_order(), f"{shop}.order.placed", stream=shop)
        await stock.first(1)
        assert await hears_nats(jetstream, shop)

        await jetstream.delete_stream(shop)
        await jetstream.add_stream(name=shop, subjects=[f"{shop}.>"])
        await broker.publish(an_order(), f"{shop}.order.placed", stream=shop)

        assert not await hears_nats(jetstream, shop)
        assert (await jetstream.stream_info(shop)).state.consumer_count == 0
        assert await broker.ping(timeout=5)
        await jetstream.delete_stream(shop)


@pytest.mark.parametrize("broker", ["redis"], indirect=True)
async def test_on_redis_a_failed_event_stays_pending(broker, redis_url):
    subscribe, start, publish = broker
    stock, event = Received(), an_order()

    async def handle(event: OrderPlacedMessage) -> None:
        await stock(event)
        raise ConnectionError("the database is away")

    subscribe(handle)
    await start()
    await publish(event)
    await stock.first(1)

    async with Redis.from_url(redis_url, decode_responses=True) as client:
        (stream,) = await client.keys("*:order.placed")
        pending = await client.xpending(stream, "stock")
    assert pending["pending"] == 1


@pytest.mark.parametrize("broker", ["redis"], indirect=True)
async def test_on_redis_nobody_hears_what_comes_after_the_stream_was_deleted(
    broker, redis_url
):
    subscribe, start, publish = broker
    stock = Received()

    async def handle(event: OrderPlacedMessage) -> None:
        await stock(event)

    subscribe(handle)
    await start()
    await publish(an_order())
    await stock.first(1)
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        (stream,) = await client.keys("*:order.placed")
        await client.delete(stream)
        await publish(an_order())

        assert await client.xinfo_groups(stream) == []
    assert len(stock.events) == 1
