"""A JetStream consumer as a queue: what is left, delayed and buried."""

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from nats.js.api import ConsumerConfig
from nats.js.errors import ServiceUnavailableError

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
    client = await buses.client()
    await client.jetstream().add_consumer(
        buses.name, ConsumerConfig(durable_name="stock", ack_wait=60)
    )
    inbox = await client.subscribe(client.new_inbox())
    yield NatsConsumer(
        client,
        f"{buses.name}.stock",
        inbox,
        RedeliveryPolicy(first_delay=delay),
        f"{buses.name}-dead.stock",
    )
    await inbox.unsubscribe()


async def some_message(queue):
    """The next, however long the server takes."""
    while (message := await queue.next()) is None:
        pass
    return message


async def test_without_a_message_there_is_no_next(buses):
    async with bound(buses) as stock:
        assert await stock.next() is None


async def test_when_the_answer_got_lost_there_is_no_next(buses):
    async with bound(buses) as stock:
        question = "$JS.API.CONSUMER.MSG.NEXT.lost.stock"
        unanswered = await stock.client.subscribe(question)

        assert await replace(stock, path="lost.stock").next() is None
        assert (await unanswered.next_msg()).subject == question


async def test_without_the_consumer_it_is_an_error(buses):
    async with bound(buses) as stock:
        with pytest.raises(ServiceUnavailableError):
            await replace(stock, path=f"{buses.name}.gone").next()


async def test_a_message_goes_to_one_process(buses):
    async with bound(buses) as one, bound(buses) as other:
        await (await buses.connect()).publish(an_event())

        assert await some_message(one)
        assert await other.next() is None


async def test_a_failed_message_comes_again_and_is_counted(buses):
    async with bound(buses) as stock:
        await (await buses.connect()).publish(an_event())
        first = await some_message(stock)
        await stock.retry_later(first)

        again = await some_message(stock)

    assert again.data == first.data
    assert again.metadata.num_delivered == 2


@pytest.mark.parametrize(("size", "letters"), [(100, 1), (2**20, 2)])
async def test_a_message_is_buried_once_though_killed_while_burying(
    buses, size, letters
):
    """One that leaves no room for an id is buried, even if twice."""
    await buses.publish_raw(b"x" * size)
    async with bound(buses) as stock:
        jetstream = stock.client.jetstream()
        for _ in range(2):
            anyone = await jetstream.subscribe(f"{buses.name}.>")
            await stock.bury(await anyone.next_msg())

        dead = await jetstream.stream_info(f"{buses.name}-dead")
        assert dead.state.messages == letters
        assert not stock.client.is_closed
