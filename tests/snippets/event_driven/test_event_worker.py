"""event_worker: from the outbox over the bus to an effect, in one process."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.event_driven.event_worker import work
from snippets.event_driven.in_memory_bus import InMemoryBus
from snippets.event_driven.inbox_charge_order import PaymentRow
from snippets.event_driven.outbox_place_order import place_order
from tests.snippets.event_driven.conftest import buses_of
from tests.support.until import async_until

HANDED_OUT = "sslmode=prefer&connect_timeout=10&keepalives_idle=30"


@pytest.fixture(params=["in_memory", "nats"])
async def bus(request):
    async for buses in buses_of(request, request.param):
        yield await buses.connect()


async def payments(engine, count):
    """All of them, once there are so many."""

    async def stored():
        async with AsyncSession(engine) as session:
            rows = (await session.scalars(select(PaymentRow))).all()
        return len(rows) >= count and rows

    rows = await async_until(stored)
    return {(row.order_id, row.cents) for row in rows}


async def test_whatever_was_placed_before_or_meanwhile_is_charged(
    engine, postgres_url, bus
):
    before, meanwhile = uuid4(), uuid4()
    await place_order(engine, before, 980)
    worker = asyncio.create_task(work(f"{postgres_url}?{HANDED_OUT}", bus))
    try:
        await payments(engine, 1)
        await place_order(engine, meanwhile, 490)
        charged = await payments(engine, 2)
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)

    assert charged == {(before, 980), (meanwhile, 490)}


@pytest.mark.parametrize("words", ["pgbouncer=true", "sslmode=on"])
async def test_a_worker_whose_url_no_driver_knows_does_not_start(words):
    with pytest.raises(ValueError, match=words.partition("=")[0]):
        await work(f"postgresql://db/shop?{words}", InMemoryBus())
