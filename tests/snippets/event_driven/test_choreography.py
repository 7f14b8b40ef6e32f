"""Choreography over NATS JetStream: both outcomes, repeats, failures."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import nats
import pytest

from snippets.event_driven.choreography import (
    OrderService,
    PaymentService,
    StockService,
    answer,
)
from snippets.event_driven.event_envelope import EventEnvelope
from tests.snippets.event_driven.order_flow import (
    CENTS,
    COMPENSATED,
    DONE,
    OUT_OF_STOCK,
    PIECES,
    SKU,
    order_flow,
)
from tests.snippets.event_driven.payment_provider import payment_provider


class JetStreamBus:
    """At least once; what a handler fails at is delivered again at once."""

    def __init__(self, jetstream, stream):
        self._jetstream, self._stream = jetstream, stream
        self.published = []

    async def publish(self, event):
        await self._jetstream.publish(
            f"{self._stream}.{event.type}", event.to_json()
        )
        self.published.append(event)

    async def subscribe(self, consumer, event_type, handler):
        async def receive(message):
            try:
                await handler(EventEnvelope.from_json(message.data))
            except ConnectionError:
                await message.nak()
            else:
                await message.ack()

        await self._jetstream.subscribe(
            f"{self._stream}.{event_type}",
            durable=f"{consumer}-{event_type.replace('.', '-')}",
            cb=receive,
            manual_ack=True,
        )


@pytest.fixture
def provider():
    with payment_provider() as provider:
        yield provider


@pytest.fixture
async def flow(asyncpg_url, provider):
    async with order_flow(asyncpg_url, provider.url) as flow:
        yield flow


@pytest.fixture
async def bus(nats_url):
    async with AsyncExitStack() as stack:
        client = await nats.connect(nats_url)
        stack.push_async_callback(client.close)
        jetstream, name = client.jetstream(), f"shop-{uuid4().hex}"
        await jetstream.add_stream(name=name, subjects=[f"{name}.>"])
        stack.push_async_callback(jetstream.delete_stream, name)
        yield JetStreamBus(jetstream, name)


class Shop:
    """Three services that know the bus, and a test that hears all."""

    def __init__(self, flow, bus):
        self._flow, self._bus = flow, bus
        self._heard = {}

    async def open(self):
        for service in (
            OrderService(self._bus, self._flow.orders),
            StockService(self._bus, self._flow.stock),
            PaymentService(self._bus, self._flow.payments),
        ):
            await service.subscribe()
        for ending in ("order.confirmed", "order.cancelled", "stock.released"):
            await self._bus.subscribe("test", ending, self._hear)

    async def _hear(self, event):
        self._event(event.type).set()

    def _event(self, event_type):
        return self._heard.setdefault(event_type, asyncio.Event())

    async def place(self):
        order_id = uuid4()
        await self._flow.orders.place(order_id)
        placed = EventEnvelope(
            type="order.placed",
            subject=str(order_id),
            data={"sku": SKU, "pieces": PIECES, "cents": CENTS},
        )
        await self._bus.publish(placed)
        return placed

    async def hears(self, *event_types):
        for event_type in event_types:
            await self._event(event_type).wait()


@pytest.fixture
async def shop(flow, bus):
    shop = Shop(flow, bus)
    await shop.open()
    return shop


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
    await flow.execute("update stock set free = 0")
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
    assert provider.requests == [placed.subject] * 2


async def test_an_event_that_comes_twice_has_one_effect_and_one_answer(
    shop, flow, bus, provider
):
    placed = await shop.place()
    await shop.hears("order.confirmed")
    await StockService(bus, flow.stock).reserve(placed)

    reserved = [e.id for e in bus.published if e.type == "stock.reserved"]
    assert reserved == [answer(placed, "stock.reserved").id] * 2
    assert await flow.outcome(provider) == DONE
