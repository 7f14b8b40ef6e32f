"""Partitions: what happens to one order happens in order."""

import asyncio

import pytest

from snippets.event_driven.partitioned_bus import PartitionedBus
from snippets.event_driven.partitioned_bus_broken import CompetingConsumers
from tests.snippets.event_driven.buses import (
    BOTH,
    CANCELLED,
    PLACED,
    OnNats,
    OnRabbitMQ,
    Received,
    an_event,
    opened,
)
from tests.support.twins import fix_and_twin

KINDS = {"nats": (OnNats, "nats_url"), "rabbitmq": (OnRabbitMQ, "amqp_url")}


@pytest.fixture(params=KINDS)
async def three(request):
    """Three buses of one broker, each with a stream or exchange of its own."""
    kind, url = KINDS[request.param]
    url = request.getfixturevalue(url)
    async with (
        opened(kind, url) as one,
        opened(kind, url) as two,
        opened(kind, url) as three,
    ):
        yield one, two, three


async def partitioned(buses):
    return PartitionedBus([await each.connect(ordered=True) for each in buses])


async def competing(buses):
    return CompetingConsumers(await buses[0].connect(), workers=2)


class Stock:
    """Reserves and releases. Reserving is slow, whenever it can be."""

    def __init__(self):
        self.done = Received()
        self.overtaken = asyncio.Event()

    async def handle(self, event):
        if event.type == PLACED and event.data.get("slow"):
            await self.overtaken.wait()
        await self.done(event)
        self.overtaken.set()


@fix_and_twin(
    "make",
    partitioned,
    competing,
    "The cancellation overtakes the order: stock is "
    "reserved for ever, for an order that is cancelled.",
)
async def test_an_order_is_placed_before_it_is_cancelled(three, make):
    bus, stock = await make(three), Stock()
    other_order = next(
        subject
        for subject in map("order-{}".format, range(2, 99))
        if PartitionedBus([0, 1, 2]).number_of(subject)
        != PartitionedBus([0, 1, 2]).number_of("order-1")
    )

    async with bus.subscribe("stock", BOTH, stock.handle):
        await bus.publish(an_event(PLACED, slow=True))
        await bus.publish(an_event(CANCELLED))
        await bus.publish(an_event(PLACED, subject=other_order))
        handled = await stock.done.first(3)

    assert [each.type for each in handled if each.subject == "order-1"] == [
        PLACED,
        CANCELLED,
    ]


@pytest.mark.parametrize("make", [partitioned, competing])
async def test_one_after_the_other_both_keep_order(three, make):
    bus, stock = await make(three), Received()

    async with bus.subscribe("stock", BOTH, stock):
        for count, event_type in enumerate((PLACED, CANCELLED), 1):
            await bus.publish(an_event(event_type))
            handled = await stock.first(count)

    assert [each.type for each in handled] == [PLACED, CANCELLED]


def test_without_partitions_there_is_no_bus():
    with pytest.raises(ValueError, match="no partition"):
        PartitionedBus([])
