"""What the RabbitMQ bus does beyond the contract in ``test_event_bus.py``."""

import asyncio

import pytest
from aio_pika.exceptions import ChannelPreconditionFailed

from snippets.event_driven import rabbitmq_bus, rabbitmq_bus_returns_broken
from snippets.event_driven.event_bus import EventNotPublishedError
from snippets.event_driven.rabbitmq_bus import RabbitMQBus, declare_exchange
from snippets.event_driven.redelivery_policy import RedeliveryPolicy
from tests.proxy import Proxy
from tests.snippets.event_driven.buses import (
    CANCELLED,
    PLACED,
    OnRabbitMQ,
    Received,
    an_event,
    opened,
)


@pytest.fixture
async def buses(amqp_url):
    async with opened(OnRabbitMQ, amqp_url) as buses:
        yield buses


@pytest.mark.parametrize(
    "exchanges",
    [
        pytest.param(rabbitmq_bus, id="fix"),
        pytest.param(
            rabbitmq_bus_returns_broken,
            id="broken",
            marks=pytest.mark.xfail(
                strict=True,
                raises=pytest.fail.Exception,
                reason="Events published before the first consumer was "
                "deployed are gone, and every one was confirmed.",
            ),
        ),
    ],
)
async def test_an_event_that_no_queue_takes_is_refused(buses, exchanges):
    connection = await buses.connection()
    exchange = await exchanges.declare_exchange(connection, buses.name)
    bus = RabbitMQBus(connection, exchange)

    async with bus.subscribe("stock", {PLACED}, Received()):
        with pytest.raises(EventNotPublishedError):
            await bus.publish(an_event(CANCELLED))


@pytest.mark.parametrize(
    "exchanges", [rabbitmq_bus, rabbitmq_bus_returns_broken]
)
async def test_with_a_queue_both_publish(buses, exchanges):
    connection = await buses.connection()
    exchange = await exchanges.declare_exchange(connection, buses.name)
    bus, stock, event = (
        RabbitMQBus(connection, exchange),
        Received(),
        an_event(),
    )

    async with bus.subscribe("stock", {PLACED}, stock):
        await bus.publish(event)

        assert await stock.first(1) == [event]


async def test_publishing_fails_while_the_connection_is_down(buses):
    async with Proxy(buses.url) as proxy:
        bus = await buses.connect(url=proxy.url)

        async def publish_for_ever():
            while True:
                await bus.publish(an_event())

        async with bus.subscribe("stock", {PLACED}, Received()):
            proxy.refuse()
            with pytest.raises(EventNotPublishedError):
                await publish_for_ever()


async def test_a_bare_exception_of_the_library_is_told_in_the_ports_terms(
    buses, monkeypatch
):
    """`aiormq.base.FutureStore.reject_all` raises it when cut off often."""
    connection = await buses.connection()
    exchange = await declare_exchange(connection, buses.name)

    async def publish(*_, **__):
        raise Exception  # noqa: TRY002 - that is what it raises

    monkeypatch.setattr(exchange, "publish", publish)

    with pytest.raises(EventNotPublishedError):
        await RabbitMQBus(connection, exchange).publish(an_event())


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


async def test_another_delivery_limit_for_a_queue_that_exists_is_refused(
    buses,
):
    bus = await buses.connect(RedeliveryPolicy(max_deliveries=5))
    changed = await buses.connect(RedeliveryPolicy(max_deliveries=9))
    async with bus.subscribe("stock", {PLACED}, Received()):
        pass

    with pytest.raises(ChannelPreconditionFailed, match="x-delivery-limit"):
        async with changed.subscribe("stock", {PLACED}, Received()):
            pass
