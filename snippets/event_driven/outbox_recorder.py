"""The outbox behind a unit of work: what it stores is told to other services.

Fits the port `EventRecorder` of Architecture patterns. The types of events are
a contract, unlike our classes: rename a class, and nobody notices; a type that
is named here never changes.
"""

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from ..domain_driven_design.domain_events import (
    OrderCancelled,
    OrderConfirmed,
    OrderEvent,
    OrderPaid,
    OrderShipped,
)
from .event_envelope import EventEnvelope
from .outbox import append

TYPES: dict[type[OrderEvent], str] = {
    OrderConfirmed: "order.confirmed",
    OrderPaid: "order.paid",
    OrderShipped: "order.shipped",
    OrderCancelled: "order.cancelled",
}


async def record_in_outbox(
    session: AsyncSession, events: Sequence[OrderEvent]
) -> None:
    """Append them in the session's transaction, in this order."""
    for event in events:
        await append(session, to_envelope(event))


def to_envelope(event: OrderEvent) -> EventEnvelope:
    """The event under its own id, with its order as the subject."""
    kind = type(event)
    data = TypeAdapter(kind).dump_python(
        event, mode="json", exclude={"event_id", "occurred_at"}
    )
    return EventEnvelope(
        type=TYPES[kind],
        subject=f"order-{event.order_id}",
        data=data,
        id=event.event_id,
        time=event.occurred_at,
    )
