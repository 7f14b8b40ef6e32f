"""Broken: commits, then publishes. Between the two the process can die."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .event_bus import EventBus
from .outbox_place_order import SimpleOrderRow, order_placed


async def place_order(
    engine: AsyncEngine, bus: EventBus, order_id: UUID, total_cents: int
) -> None:
    async with AsyncSession(engine) as session:
        session.add(SimpleOrderRow(id=order_id, total_cents=total_cents))
        await session.commit()
    await bus.publish(order_placed(order_id, total_cents))
