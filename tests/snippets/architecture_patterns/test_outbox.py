"""Outbox: a process is killed, the broker is away; no event is lost."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import nats
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.architecture_patterns.nats_publisher import NatsPublisher
from snippets.architecture_patterns.outbox import OutboxRelay
from snippets.architecture_patterns.outbox_publish_broken import store_order
from snippets.architecture_patterns.tables import OutboxRow
from tests.snippets.architecture_patterns.place_and_freeze import (
    an_order,
    store_with_outbox,
)
from tests.support.process import running

ROOT = Path(__file__).resolve().parents[3]


class Stream:
    """A JetStream stream of one test's own."""

    def __init__(self, client):
        self._jetstream = client.jetstream()
        self.name = f"shop-{uuid4().hex}"
        self.publisher = NatsPublisher(client, self.name)

    async def messages(self):
        info = await self._jetstream.stream_info(self.name)
        return [
            await self._jetstream.get_msg(self.name, number + 1)
            for number in range(info.state.messages)
        ]


@pytest.fixture
async def stream(nats_url):
    client = await nats.connect(nats_url)
    jetstream = client.jetstream()
    stream = Stream(client)
    await jetstream.add_stream(name=stream.name, subjects=[f"{stream.name}.>"])
    yield stream
    await jetstream.delete_stream(stream.name)
    await client.close()


class Unreliable:
    """Publishes for real; fails after so many messages, once."""

    def __init__(self, publisher, after):
        self._publisher, self._left = publisher, after

    async def publish(self, subject, payload, message_id):
        if self._left == 0:
            self._left = -1
            raise ConnectionError("the broker is away")
        self._left -= 1
        await self._publisher.publish(subject, payload, message_id)


async def place_until_committed_and_kill(way, *arguments):
    module = "tests.snippets.architecture_patterns.place_and_freeze"
    with running(
        [sys.executable, "-m", module, way, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as process:
        said = await asyncio.to_thread(process.stdout.readline)
        process.kill()
    if said != b"committed\n":
        raise RuntimeError("the process ended before it committed")


@pytest.mark.parametrize(
    "way",
    [
        "fix",
        pytest.param(
            "broken",
            marks=[
                pytest.mark.xfail(
                    strict=True,
                    raises=AssertionError,
                    reason="The order is stored and paid for; the warehouse "
                    "never hears of it.",
                ),
                pytest.mark.child_process(
                    "architecture_patterns.outbox_publish_broken"
                ),
            ],
        ),
    ],
)
async def test_an_event_outlives_the_process_that_caused_it(
    engine, asyncpg_url, nats_url, stream, way
):
    await place_until_committed_and_kill(
        way, asyncpg_url, nats_url, stream.name
    )
    async with engine.connect() as connection:
        orders = await connection.scalar(text("select count(*) from orders"))
    if orders != 1:
        raise RuntimeError("the order was not committed")

    await OutboxRelay(engine, stream.publisher).run_once()

    assert len(await stream.messages()) == 1


@pytest.mark.parametrize("store", [store_with_outbox, store_order])
async def test_undisturbed_both_ways_publish(engine, stream, store):
    order = an_order()

    await store(engine, stream.publisher, order)
    await OutboxRelay(engine, stream.publisher).run_once()

    (message,) = await stream.messages()
    assert message.subject.endswith(".orders.OrderPlaced")
    assert json.loads(message.data)["order_id"] == str(order.id)


async def test_events_are_published_in_order_and_once(engine, stream):
    orders = [an_order() for _ in range(3)]
    for order in orders:
        await store_with_outbox(engine, stream.publisher, order)
    relay = OutboxRelay(engine, stream.publisher)

    assert [await relay.run_once(limit=2) for _ in range(3)] == [2, 1, 0]
    assert [
        json.loads(message.data)["order_id"]
        for message in await stream.messages()
    ] == [str(order.id) for order in orders]


async def test_a_lower_number_that_is_committed_later_is_not_left_out(
    engine, stream
):
    relay = OutboxRelay(engine, stream.publisher)

    def row(subject):
        return OutboxRow(id=uuid4(), subject=subject, payload={})

    async with AsyncSession(engine) as slow:
        slow.add(row("orders.slow"))
        await slow.flush()
        async with AsyncSession(engine) as quick, quick.begin():
            quick.add(row("orders.quick"))
        await relay.run_once()
        await slow.commit()
    await relay.run_once()

    assert [
        message.subject.rpartition(".")[2]
        for message in await stream.messages()
    ] == ["quick", "slow"]


async def test_two_relays_at_once_publish_nothing_twice(engine, stream):
    for _ in range(3):
        await store_with_outbox(engine, stream.publisher, an_order())

    counts = await asyncio.gather(
        OutboxRelay(engine, stream.publisher).run_once(),
        OutboxRelay(engine, stream.publisher).run_once(),
    )

    assert sorted(counts) == [0, 3]
    assert len(await stream.messages()) == 3


async def test_a_relay_that_fails_half_way_publishes_nothing_twice(
    engine, stream
):
    for _ in range(3):
        await store_with_outbox(engine, stream.publisher, an_order())
    relay = OutboxRelay(engine, Unreliable(stream.publisher, after=2))

    with pytest.raises(ConnectionError):
        await relay.run_once()
    assert len(await stream.messages()) == 2
    assert await relay.run_once() == 3

    assert len(await stream.messages()) == 3
