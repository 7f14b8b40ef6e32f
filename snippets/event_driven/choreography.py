"""Choreography: each service reacts to events and tells what it did.

The flow is written down nowhere: it is the sum of the subscriptions. It starts
with `order_placed` of one article, whose data each answer repeats. A handler
that is killed is called again, so it acts under a key and answers under an
event id that are the same each time.
"""

from contextlib import AbstractAsyncContextManager
from uuid import UUID, uuid5

from .event_bus import EventBus
from .event_envelope import EventEnvelope
from .participants import Orders, Payments, RefusedError, Stock


def answer(cause: EventEnvelope, outcome: str) -> EventEnvelope:
    """``outcome`` of the same order; with the same id whenever repeated."""
    return EventEnvelope(
        type=outcome,
        subject=cause.subject,
        data=cause.data,
        id=uuid5(cause.id, outcome),
    )


class ReactingOrders:
    """Hears how it ended. The flow starts with ``order.placed``."""

    def __init__(self, bus: EventBus, orders: Orders) -> None:
        self._bus, self._orders = bus, orders

    def subscribed(self) -> AbstractAsyncContextManager[None]:
        types = {"payment.charged", "stock.refused", "payment.refused"}
        return self._bus.subscribe("orders", types, self.handle)

    async def handle(self, event: EventEnvelope) -> None:
        if event.type == "payment.charged":
            await self.confirm(event)
        else:
            await self.cancel(event)

    async def confirm(self, event: EventEnvelope) -> None:
        await self._orders.confirm(UUID(event.data["order_id"]))
        await self._bus.publish(answer(event, "order.confirmed"))

    async def cancel(self, event: EventEnvelope) -> None:
        await self._orders.cancel(UUID(event.data["order_id"]))
        await self._bus.publish(answer(event, "order.cancelled"))


class ReactingStock:
    """Reserves what was ordered; takes it back when payment fails."""

    def __init__(self, bus: EventBus, stock: Stock) -> None:
        self._bus, self._stock = bus, stock

    def subscribed(self) -> AbstractAsyncContextManager[None]:
        types = {"order.placed", "payment.refused"}
        return self._bus.subscribe("stock", types, self.handle)

    async def handle(self, event: EventEnvelope) -> None:
        if event.type == "order.placed":
            await self.reserve(event)
        else:
            await self.release(event)

    async def reserve(self, event: EventEnvelope) -> None:
        (line,) = event.data["lines"]
        outcome = "stock.reserved"
        try:
            await self._stock.reserve(
                event.data["order_id"], line["sku"], line["quantity"]
            )
        except RefusedError:
            outcome = "stock.refused"
        await self._bus.publish(answer(event, outcome))

    async def release(self, event: EventEnvelope) -> None:
        await self._stock.release(event.data["order_id"])
        await self._bus.publish(answer(event, "stock.released"))


class ReactingPayments:
    """Charges what is reserved. From here on there is no way back."""

    def __init__(self, bus: EventBus, payments: Payments) -> None:
        self._bus, self._payments = bus, payments

    def subscribed(self) -> AbstractAsyncContextManager[None]:
        return self._bus.subscribe("payments", {"stock.reserved"}, self.charge)

    async def charge(self, event: EventEnvelope) -> None:
        outcome = "payment.charged"
        try:
            await self._payments.charge(
                event.data["order_id"], event.data["total_cents"]
            )
        except RefusedError:
            outcome = "payment.refused"
        await self._bus.publish(answer(event, outcome))
