"""Choreography over NATS JetStream: both outcomes, repeats, failures."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from snippets.event_driven.choreography import (
    ReactingOrders,
    ReactingPayments,
    ReactingStock,
    answer,
)
from snippets.event_driven.nats_bus import NatsBus
from snippets.event_driven.outbox_place_order import order_placed
from tests.snippets.event_driven.buses import QUICK, OnNats, opened
from tests.snippets.event_driven.order_flow import (
    CENTS,
    COMPENSATED,
    DONE,
    OUT_OF_STOCK,
    PIECES,
    SKU,
    order_flow,
)


class RecordingBus(NatsBus):
    """Notes what it has published."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.published = []

    async def publish(self, event):
        await super().publish(event)
        self.published.append(event)


@pytest.fixture
async def flow(asyncpg_url, provider):
    async with order_flow(asyncpg_url, provider.url) as flow:
        yield flow


@pytest.fixture
async def bus(nats_url):
    async with opened(OnNats, nats_url) as server:
        client = await server.client()
        bus = RecordingBus(client, server.name, QUICK)
        await bus.create_streams()
        yield bus


class Shop:
    """Three services that know the bus, and a test that hears all."""

    def __init__(self, flow, bus):
        self._flow, self._bus = flow, bus
        self._heard = {}

    @asynccontextmanager
    async def opened(self):
        endings = {"order.confirmed", "order.cancelled", "stock.released"}
        async with (
            ReactingOrders(self._bus, self._flow.orders).subscribed(),
            ReactingStock(self._bus, self._flow.stock).subscribed(),
            ReactingPayments(self._bus, self._flow.payments).subscribed(),
            self._bus.subscribe("test", endings, self._hear),
        ):
            yield self

    async def _hear(self, event):
        self._event(event.type).set()

    def _event(self, event_type):
        return self._heard.setdefault(event_type, asyncio.Event())

    async def place(self):
        order_id = uuid4()
        await self._flow.orders.place(order_id)
        placed = order_placed(order_id, CENTS, {SKU: PIECES})
        await self._bus.publish(placed)
        return placed

    async def hears(self, *event_types):
        for event_type in event_types:
            await self._event(event_type).wait()


@pytest.fixture
async def shop(flow, bus):
    async with Shop(flow, bus).opened() as shop:
        yield shop


async def test_an_order_is_confirmed(shop, flow, provider):
    await shop.place()
    await shop.hears("order.confirmed")
    assert await flow.outcome(provider) == DONE


async def test_a_declined_payment_is_compensated_by_two_services(
    shop, flow, provider
):
    provider.declines = True
    await shop.place()
    await shop.hears("order.cancelled", "stock.released")
    assert await flow.outcome(provider) == COMPENSATED


async def test_too_little_stock_cancels_without_a_charge(shop, flow, provider):
    await flow.execute("update free_stock set free = 0")
    await shop.place()
    await shop.hears("order.cancelled")
    assert await flow.outcome(provider) == OUT_OF_STOCK


async def test_an_answer_that_was_not_published_is_worked_out_again(
    shop, flow, bus, provider
):
    """The service fails between its effect and its event; each of them once."""
    publish, lost = bus.publish, set()

    async def lose_once(event):
        if event.type not in lost:
            lost.add(event.type)
            raise ConnectionError("the broker is away")
        await publish(event)

    placed = await shop.place()
    bus.publish = lose_once
    await shop.hears("order.confirmed")

    assert lost == {"stock.reserved", "payment.charged", "order.confirmed"}
    assert await flow.outcome(provider) == DONE
    assert provider.requests == [placed.data["order_id"]] * 2


async def test_an_event_that_comes_twice_has_one_effect_and_one_answer(
    shop, flow, bus, provider
):
    placed = await shop.place()
    await shop.hears("order.confirmed")
    await ReactingStock(bus, flow.stock).reserve(placed)

    reserved = [e.id for e in bus.published if e.type == "stock.reserved"]
    assert reserved == [answer(placed, "stock.reserved").id] * 2
    assert await flow.outcome(provider) == DONE
