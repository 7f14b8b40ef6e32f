"""What the RabbitMQ bus does beyond the contract in ``test_event_bus.py``."""

import asyncio

import aio_pika
import pytest

from snippets.event_driven.event_bus import EventNotPublishedError
from snippets.event_driven.rabbitmq_bus import RabbitMQBus, declare_exchange
from tests.snippets.event_driven.buses import (
    CANCELLED,
    PLACED,
    OnRabbitMQ,
    Proxy,
    Received,
    an_event,
    opened,
)


@pytest.fixture
async def buses(amqp_url):
    async with opened(OnRabbitMQ, amqp_url) as buses:
        yield buses


async def test_an_event_that_no_queue_takes_is_refused(buses):
    bus = await buses.connect()

    async with bus.subscribe("stock", {PLACED}, Received()):
        with pytest.raises(EventNotPublishedError):
            await bus.publish(an_event(CANCELLED))


async def test_publishing_fails_while_the_connection_is_down(buses):
    async with Proxy(buses.url) as proxy:
        bus = await buses.connect(url=proxy.url)
        async with bus.subscribe("stock", {PLACED}, Received()):
            proxy.refuse()
            with pytest.raises(EventNotPublishedError):
                while True:  # until the loss is noticed
                    await bus.publish(an_event())


async def test_prefetch_bounds_the_events_in_hand(buses):
    connection = await buses.connection()
    exchange = await declare_exchange(connection, buses.name)
    bus = RabbitMQBus(connection, exchange, prefetch=2)
    in_hand, two, release = [], asyncio.Event(), asyncio.Event()

    async def handler(event):
        in_hand.append(event)
        if len(in_hand) == 2:
            two.set()
        await release.wait()

    async with bus.subscribe("stock", {PLACED}, handler):
        for _ in range(3):
            await bus.publish(an_event())
        await two.wait()
        channel = await connection.channel()
        queue = await channel.get_queue(f"{buses.name}.stock")
        waiting = queue.declaration_result.message_count

        assert (len(in_hand), waiting) == (2, 1)
        release.set()


async def test_a_full_queue_refuses_events(buses):
    """Not dropped: ``reject-publish`` and confirms make it the publisher's."""
    bus = await buses.connect()
    async with bus.subscribe("stock", {PLACED}, Received()):
        pass
    channel = await (await buses.connection()).channel()

    with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed):
        await channel.declare_queue(
            f"{buses.name}.stock",
            durable=True,
            arguments={"x-queue-type": "quorum"},
        )
