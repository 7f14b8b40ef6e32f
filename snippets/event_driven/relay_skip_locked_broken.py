"""Broken: every relay takes the oldest events that no other relay has."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .event_bus import EventBus
from .outbox import OutboxRow


class OutboxRelay:
    def __init__(self, engine: AsyncEngine, bus: EventBus) -> None:
        self._engine = engine
        self._bus = bus

    async def run_once(self, limit: int = 100) -> int:
        async with AsyncSession(self._engine) as session, session.begin():
            rows = await session.scalars(
                select(OutboxRow)
                .where(OutboxRow.published_at.is_(None))
                .order_by(OutboxRow.position)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            published = 0
            for row in rows:
                await self._bus.publish(row.event)
                row.published_at = func.now()
                published += 1
        return published
