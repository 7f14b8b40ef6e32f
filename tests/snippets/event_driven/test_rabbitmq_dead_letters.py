"""RabbitMQ: what replay does beyond the contract in ``test_event_bus.py``."""

import aio_pika
import pytest

from snippets.event_driven.rabbitmq_dead_letters import RabbitMQDeadLetters
from tests.snippets.event_driven.buses import (
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


async def test_when_somebody_else_has_taken_a_letter_it_ends(buses):
    bus = await buses.connect()
    async with bus.subscribe("stock", {PLACED}, Received()):
        pass
    channel = await (await buses.connection()).channel()
    name = f"{buses.name}.stock"
    for _ in range(2):
        body = aio_pika.Message(an_event().to_json())
        await channel.default_exchange.publish(body, f"{name}.dead")
    other = await channel.get_queue(f"{name}.dead")
    stock = Received()

    async def while_another_operator_takes_the_next(event):
        await stock(event)
        await other.get()

    letters: RabbitMQDeadLetters = await buses.dead_letters("stock")
    replayed = letters.replay({PLACED}, while_another_operator_takes_the_next)
    assert await replayed == 1
    assert len(stock.events) == 1
