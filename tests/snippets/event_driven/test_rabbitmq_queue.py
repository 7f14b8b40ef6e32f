"""The queue of a consumer: declared again as it was, or refused."""

import pytest
from aio_pika.exceptions import ChannelPreconditionFailed

from snippets.event_driven.rabbitmq_queue import declare_queue
from tests.snippets.event_driven.buses import OnRabbitMQ, opened


@pytest.fixture
async def buses(amqp_url):
    async with opened(OnRabbitMQ, amqp_url) as buses:
        yield buses


async def test_another_delivery_limit_for_a_queue_that_exists_is_refused(buses):
    channel = await (await buses.connection()).channel()
    name = f"{buses.name}.stock"
    for _ in range(2):
        await declare_queue(channel, name, max_deliveries=5, ordered=False)

    with pytest.raises(ChannelPreconditionFailed, match="x-delivery-limit"):
        await declare_queue(channel, name, max_deliveries=9, ordered=False)
