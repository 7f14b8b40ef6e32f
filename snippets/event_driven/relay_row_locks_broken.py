"""Broken: keeps the rows locked until the bus has confirmed them."""

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import aliased

from .event_bus import EventBus
from .outbox import OutboxRow

Earlier = aliased(OutboxRow)

FIRST_OF_SUBJECT = OutboxRow.published_at.is_(None) & ~exists().where(
    Earlier.subject == OutboxRow.subject,
    Earlier.sequence < OutboxRow.sequence,
    Earlier.published_at.is_(None),
)


class OutboxRelay:
    def __init__(self, engine: AsyncEngine, bus: EventBus) -> None:
        self._engine = engine
        self._bus = bus

    async def run_once(self, limit: int = 100) -> int:
        async with AsyncSession(self._engine) as session, session.begin():
            rows = await session.scalars(
                select(OutboxRow)
                .where(FIRST_OF_SUBJECT)
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
