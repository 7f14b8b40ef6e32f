"""The whole consumer, on NATS: old and new events, until told to stop."""

import asyncio
from uuid import UUID

import pytest

from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.stock_consumer import consume
from tests.snippets.event_driven.buses import OnNats, opened

FIRST, SECOND = UUID(int=1), UUID(int=2)


class Stock:
    """Fits the port; reports each change."""

    def __init__(self):
        self.changes = asyncio.Queue()

    async def reserve(self, order_id, quantities):
        await self.changes.put((order_id, quantities))

    async def release(self, order_id):
        await self.changes.put((order_id, None))


@pytest.fixture
async def bus(nats_url):
    async with opened(OnNats, nats_url) as buses:
        bus = await buses.connect()
        async with bus.subscribe(  # so that events are kept from here on
            "stock", {"order.placed", "order.cancelled"}, print
        ):
            pass
        yield bus


def event(kind, order_id, version=1, **data):
    return EventEnvelope(
        type=f"order.{kind}",
        subject=str(order_id),
        version=version,
        data={"order_id": str(order_id), **data},
    )


async def test_it_handles_every_version_and_stops_when_told_to(bus):
    stock, stop = Stock(), asyncio.Event()
    line = {"sku": "POT-1", "quantity": 1}
    await bus.publish(event("placed", FIRST, sku="TEA-1", quantity=2))
    await bus.publish(event("placed", SECOND, version=2, lines=[line]))
    await bus.publish(event("cancelled", FIRST))

    consuming = asyncio.create_task(consume(bus, stock, stop))
    changes = [await stock.changes.get() for _ in range(3)]
    stop.set()
    await consuming

    assert changes == [
        (FIRST, {"TEA-1": 2}),
        (SECOND, {"POT-1": 1}),
        (FIRST, None),
    ]
