"""Broken: the position is an identity column, so it is the order of events."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .event_log import LogPosition
from .outbox import OutboxRow


async def read_log(
    session: AsyncSession, after: LogPosition, limit: int = 100
) -> list[tuple[LogPosition, OutboxRow]]:
    rows = await session.scalars(
        select(OutboxRow)
        .where(OutboxRow.position > after.position)
        .order_by(OutboxRow.position)
        .limit(limit)
    )
    return [(LogPosition(0, row.position), row) for row in rows]
