"""Watching a consumer: a deleted queue ends the block, a cut does not."""

import asyncio

import pytest

from snippets.event_driven.rabbitmq_watch import (
    ConsumerCancelledError,
    watched,
)
from tests.snippets.event_driven.buses import OnRabbitMQ, opened
from tests.support.proxy import Proxy


@pytest.fixture
async def buses(amqp_url):
    async with opened(OnRabbitMQ, amqp_url) as buses:
        yield buses


async def nothing(message):
    """Handles what nobody sends."""


async def test_a_deleted_queue_ends_the_block(buses):
    channel = await (await buses.connection()).channel()
    queue = await channel.declare_queue(f"{buses.name}.stock")

    async def run():
        async with watched(channel, every=0.01):
            await queue.consume(nothing)
            other = await (await buses.connection()).channel()
            await other.queue_delete(queue.name)
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as raised:
        await run()

    assert raised.group_contains(ConsumerCancelledError)


async def test_one_deleted_after_a_lost_connection_ends_it_too(buses):
    async with Proxy(buses.url) as proxy:
        connection = await buses.connection(proxy.url)
        channel = await connection.channel()
        queue = await channel.declare_queue(f"{buses.name}.stock")
        other = await (await buses.connection()).channel()
        again = asyncio.Event()
        connection.reconnect_callbacks.add(lambda *_: again.set())

        async def run():
            async with watched(channel, every=0.01):
                await queue.consume(nothing)
                proxy.cut()
                await again.wait()
                while True:
                    await asyncio.sleep(0.05)
                    await other.queue_delete(queue.name)

        with pytest.raises(ExceptionGroup) as raised:
            await run()

    assert raised.group_contains(ConsumerCancelledError)


async def test_leaving_the_block_is_no_error(buses):
    channel = await (await buses.connection()).channel()
    queue = await channel.declare_queue(f"{buses.name}.stock", auto_delete=True)
    async with watched(channel):
        tag = await queue.consume(nothing)
        await queue.cancel(tag)
