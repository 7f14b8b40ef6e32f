"""What the NATS bus does beyond the contract in ``test_event_bus.py``."""

import asyncio

import nats
import pytest

from snippets.event_driven.event_bus import EventNotPublishedError
from snippets.event_driven.nats_bus import NatsBus
from snippets.event_driven.redelivery_policy import RedeliveryPolicy
from tests.snippets.event_driven.buses import (
    BOTH,
    CANCELLED,
    PLACED,
    OnNats,
    Received,
    an_event,
    opened,
)


@pytest.fixture
async def buses(nats_url):
    async with opened(OnNats, nats_url) as buses:
        yield buses


async def test_without_a_stream_publishing_fails(nats_url):
    async with await nats.connect(nats_url) as client:
        bus = NatsBus(client.jetstream(), "none", RedeliveryPolicy())

        with pytest.raises(EventNotPublishedError):
            await bus.publish(an_event())


async def test_limits_set_by_an_operator_are_kept(buses):
    bus = await buses.connect()
    jetstream = (await buses.client()).jetstream()
    subjects = [f"{buses.name}.>"]
    await jetstream.update_stream(
        name=buses.name, subjects=subjects, max_age=3600
    )

    await bus.create_streams()

    stream = await jetstream.stream_info(buses.name)
    assert stream.config.max_age == 3600


async def test_two_processes_may_create_the_streams_at_once(buses):
    await asyncio.gather(*(buses.connect() for _ in range(4)))


async def test_replay_of_a_consumer_that_exists_cannot_be_changed(buses):
    bus = await buses.connect()
    async with bus.subscribe("stock", {PLACED}, Received()):
        pass

    with pytest.raises(nats.js.errors.ServerError, match="deliver policy"):
        async with bus.subscribe("stock", {PLACED}, Received(), replay=True):
            pass


async def test_an_event_that_is_too_large_is_refused(buses):
    bus = await buses.connect()
    with pytest.raises(EventNotPublishedError):
        await bus.publish(an_event(text="x" * 2**20))


async def test_a_new_consumer_may_replay_what_the_stream_holds(buses):
    bus, projection = await buses.connect(), Received()
    events = [an_event(PLACED), an_event(CANCELLED), an_event(PLACED)]
    for event in events:
        await bus.publish(event)

    async with bus.subscribe("stock", BOTH, projection, replay=True):
        assert await projection.first(3) == events


async def test_event_types_may_be_added_to_a_consumer(buses):
    bus, stock, event = await buses.connect(), Received(), an_event(CANCELLED)
    async with bus.subscribe("stock", {PLACED}, stock):
        pass

    async with bus.subscribe("stock", BOTH, stock):
        await bus.publish(event)

        assert await stock.first(1) == [event]


async def test_an_event_is_handled_however_long_there_was_none(buses):
    bus, stock, event = await buses.connect(), Received(), an_event()
    client = await buses.client()
    asked = await client.subscribe(
        f"$JS.API.CONSUMER.MSG.NEXT.{buses.name}.stock"
    )

    async with bus.subscribe("stock", {PLACED}, stock):
        for _ in range(3):  # one request expired without an event
            await asked.next_msg(timeout=30)
        await bus.publish(event)

        assert await stock.first(1) == [event]


async def test_a_deleted_consumer_ends_the_block_with_an_error(buses):
    bus = await buses.connect()
    jetstream = (await buses.client()).jetstream()

    listens = asyncio.Event()

    async def run():
        async with bus.subscribe("stock", {PLACED}, Received()):
            listens.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(run())
    await listens.wait()
    # Not in the block: while it waits in `asyncio.wait_for`, that of Python
    # 3.11 may lose the cancellation that ends it.
    await jetstream.delete_consumer(buses.name, "stock")
    with pytest.raises(ExceptionGroup) as raised:
        await running

    assert raised.group_contains(nats.errors.Error)
