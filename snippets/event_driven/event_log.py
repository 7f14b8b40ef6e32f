"""Event log: the outbox, read from the start, in an order that stands.

``position`` will not do: it is given at INSERT, and a transaction that got a
lower one may commit later, behind a reader's back. So readers number what is
committed, one at a time, in batches.
"""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Sequence, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..architecture_patterns.read_committed import read_committed
from ..domain_driven_design.persistence import Base
from .outbox import OutboxRow, in_order

BATCH = Sequence("outbox_batch", metadata=Base.metadata, data_type=BigInteger)
NUMBERING = 7_062_025  # an advisory lock that nothing else in the database uses


@dataclass(frozen=True, order=True)
class LogPosition:
    """Up to where a reader has read. The default: nothing yet."""

    batch: int = 0
    position: int = 0


async def number_committed(engine: AsyncEngine) -> None:
    """Put into the log what has been committed since the last call."""
    async with read_committed(engine) as session:
        await session.execute(select(func.pg_advisory_xact_lock(NUMBERING)))
        batch = await session.scalar(select(BATCH.next_value()))
        await session.execute(
            update(OutboxRow)
            .where(in_order(OutboxRow.batch.is_(None)))
            .values(batch=batch)
            .execution_options(synchronize_session=False)
        )


async def read_log(
    session: AsyncSession, after: LogPosition, limit: int = 100
) -> list[tuple[LogPosition, OutboxRow]]:
    """The next ``limit`` events; those of one subject in their order."""
    place = tuple_(OutboxRow.batch, OutboxRow.position)
    rows = await session.scalars(
        select(OutboxRow)
        .where(place > (after.batch, after.position))
        .order_by(OutboxRow.batch, OutboxRow.position)
        .limit(limit)
    )
    return [(LogPosition(row.batch or 0, row.position), row) for row in rows]
