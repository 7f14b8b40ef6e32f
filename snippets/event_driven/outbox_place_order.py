"""Placing an order: the row and its event, in one transaction."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from ..architecture_patterns.read_committed import read_committed
from ..domain_driven_design.persistence import Base
from .event_envelope import EventEnvelope
from .outbox import append


class SimpleOrderRow(Base):
    """No more of an order than its event tells."""

    __tablename__ = "simple_orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    total_cents: Mapped[int]


def order_placed(
    order_id: UUID, total_cents: int, pieces: Mapping[str, int] | None = None
) -> EventEnvelope:
    """What other services may know of a new order: ``pieces`` by SKU, too."""
    lines = [
        {"sku": sku, "quantity": quantity}
        for sku, quantity in (pieces or {}).items()
    ]
    return EventEnvelope(
        type="order.placed",
        subject=f"order-{order_id}",
        data={
            "order_id": str(order_id),
            "lines": lines,
            "total_cents": total_cents,
        },
    )


async def place_order(
    engine: AsyncEngine, order_id: UUID, total_cents: int
) -> None:
    """Return when both are committed; whatever is raised, neither is."""
    async with read_committed(engine) as session:
        session.add(SimpleOrderRow(id=order_id, total_cents=total_cents))
        await append(session, order_placed(order_id, total_cents))
