"""A JetStream consumer as a queue: what is left, delayed and buried."""

from contextlib import asynccontextmanager, suppress

import pytest
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import ConsumerConfig

from snippets.event_driven.nats_consumer import NatsConsumer
from snippets.event_driven.redelivery_policy import RedeliveryPolicy
from tests.snippets.event_driven.buses import OnNats, an_event, opened


@pytest.fixture
async def buses(nats_url):
    async with opened(OnNats, nats_url) as buses:
        await buses.connect()  # which creates the streams
        yield buses


@asynccontextmanager
async def bound(buses, delay=0.01):
    """A process of the consumer ``stock``."""
    jetstream = (await buses.client()).jetstream()
    await jetstream.add_consumer(
        buses.name, ConsumerConfig(durable_name="stock", ack_wait=60)
    )
    subscription = await jetstream.pull_subscribe_bind(
        durable="stock", stream=buses.name
    )
    yield NatsConsumer(
        jetstream,
        subscription,
        RedeliveryPolicy(first_delay=delay),
        f"{buses.name}-dead.stock",
    )
    await subscription.unsubscribe()


async def some_message(queue):
    """The next, however long the server takes."""
    while True:
        with suppress(NatsTimeoutError):
            return await queue.next()


async def test_without_a_message_there_is_no_next(buses):
    async with bound(buses) as stock:
        with pytest.raises(NatsTimeoutError):
            await stock.next()


async def test_a_message_goes_to_one_process(buses):
    async with bound(buses) as one, bound(buses) as other:
        await (await buses.connect()).publish(an_event())

        assert await some_message(one)
        with pytest.raises(NatsTimeoutError):
            await other.next()


async def test_a_failed_message_comes_again_and_is_counted(buses):
    async with bound(buses) as stock:
        await (await buses.connect()).publish(an_event())
        first = await some_message(stock)
        await stock.retry_later(first)

        again = await some_message(stock)

    assert again.data == first.data
    assert again.metadata.num_delivered == 2


async def test_a_message_is_buried_once_though_killed_while_burying(buses):
    await (await buses.connect()).publish(an_event())
    async with bound(buses) as stock:
        for _ in range(2):
            anyone = await stock.jetstream.subscribe(f"{buses.name}.>")
            await stock.bury(await anyone.next_msg())

        dead = await stock.jetstream.stream_info(f"{buses.name}-dead")
        assert dead.state.messages == 1
