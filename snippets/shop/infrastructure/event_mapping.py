"""Domain events as other services see them: a contract, unlike our classes.

Rename a class, and nobody notices; a type named here never changes.
"""

from pydantic import TypeAdapter

from snippets.domain_driven_design.domain_events import (
    OrderCancelled,
    OrderConfirmed,
    OrderEvent,
    OrderPaid,
    OrderShipped,
)
from snippets.event_driven.event_envelope import EventEnvelope

TYPES: dict[type[OrderEvent], str] = {
    OrderConfirmed: "order.confirmed",
    OrderPaid: "order.paid",
    OrderShipped: "order.shipped",
    OrderCancelled: "order.cancelled",
}


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
