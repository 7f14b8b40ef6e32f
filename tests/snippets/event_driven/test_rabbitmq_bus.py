"""What the RabbitMQ bus does beyond the contract in ``test_event_bus.py``."""

import asyncio

import aio_pika
import pytest

from snippets.event_driven import rabbitmq_bus, rabbitmq_bus_returns_broken
from snippets.event_driven.event_bus import EventNotPublishedError
from snippets.event_driven.rabbitmq_bus import RabbitMQBus, declare_exchange
from snippets.event_driven.rabbitmq_watch import ConsumerCancelledError
from snippets.event_driven.redelivery_policy import RedeliveryPolicy
from tests.snippets.event_driven.buses import (
    CANCELLED,
    IMPATIENT,
    PLACED,
    QUICK,
    OnRabbitMQ,
    Received,
    an_event,
    opened,
)
from tests.support.proxy import Proxy
from tests.support.twins import fix_and_twin


@pytest.fixture
async def buses(amqp_url):
    async with opened(OnRabbitMQ, amqp_url) as buses:
        yield buses


@fix_and_twin(
    "exchanges",
    rabbitmq_bus,
    rabbitmq_bus_returns_broken,
    "Events published before the first consumer was "
    "deployed are gone, and every one was confirmed.",
)
async def test_an_event_that_no_queue_takes_is_refused(buses, exchanges):
    connection = await buses.connection()
    exchange = await exchanges.declare_exchange(connection, buses.name)
    bus = RabbitMQBus(connection, exchange, QUICK)

    refused = False
    async with bus.subscribe("stock", {PLACED}, Received()):
        try:
            await bus.publish(an_event(CANCELLED))
        except EventNotPublishedError:
            refused = True
    assert refused


@pytest.mark.parametrize(
    "exchanges", [rabbitmq_bus, rabbitmq_bus_returns_broken]
)
async def test_with_a_queue_both_publish(buses, exchanges):
    connection = await buses.connection()
    exchange = await exchanges.declare_exchange(connection, buses.name)
    bus, stock, event = (
        RabbitMQBus(connection, exchange, QUICK),
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
        await RabbitMQBus(connection, exchange, QUICK).publish(an_event())


async def test_prefetch_bounds_the_events_in_hand(buses):
    connection = await buses.connection()
    exchange = await declare_exchange(connection, buses.name)
    bus = RabbitMQBus(connection, exchange, QUICK, prefetch=2)
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


async def test_a_deleted_queue_ends_the_block_with_an_error(buses):
    bus = await buses.connect()
    channel = await (await buses.connection()).channel()

    async def run():
        async with bus.subscribe("stock", {PLACED}, Received()):
            await channel.queue_delete(f"{buses.name}.stock")
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as raised:
        await run()

    assert raised.group_contains(ConsumerCancelledError)


@pytest.mark.parametrize("count", ["many", 2**40, True, {"a": 1}], ids=repr)
async def test_a_count_that_a_publisher_made_up_does_no_harm(buses, count):
    bus = await buses.connect(IMPATIENT)
    exchange = await declare_exchange(await buses.connection(), buses.name)

    async def fails(event):
        raise ConnectionError("the database is away")

    async with bus.subscribe("stock", {PLACED}, fails):
        message = aio_pika.Message(
            an_event().to_json(), headers={"x-delivery-count": count}
        )
        await exchange.publish(message, PLACED)

        assert await buses.dead_letter("stock") == message.body


async def test_a_failed_event_waits_and_others_overtake_it(buses):
    """It is in hand, so no delivery is spent, while its delay runs."""
    slow = RedeliveryPolicy(max_deliveries=3, first_delay=30, timeout=60)
    bus, stock = await buses.connect(slow), Received()
    failing, fine = an_event(fails=True), an_event()

    async def handler(event):
        await stock(event)
        if "fails" in event.data:
            raise ConnectionError("the database is away")

    async with bus.subscribe("stock", {PLACED}, handler):
        await bus.publish(failing)
        await stock.first(1)
        await bus.publish(fine)

        assert await stock.first(2) == [failing, fine]
    letters = await buses.dead_letters("stock")
    assert await letters.replay({PLACED}, stock) == 0
