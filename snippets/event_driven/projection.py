"""Projection: a table made for one screen, kept up to date from the log.

How far it has read is committed with what it has written, so every event is
counted once, wherever the process is killed.
"""

from datetime import UTC

from sqlalchemy import BigInteger, Column, Date, Integer, Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .event_envelope import EventEnvelope
from .event_log import LogPosition, number_committed, read_log
from .persistence import Base

daily_sales = Table(
    "daily_sales",
    Base.metadata,
    Column("day", Date, primary_key=True),  # UTC
    Column("orders", Integer, nullable=False),
    Column("cents", BigInteger, nullable=False),
)


class ProjectionRow(Base):
    """How far a projection has read."""

    __tablename__ = "projection"

    name: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[int] = mapped_column(BigInteger, default=0)
    position: Mapped[int] = mapped_column(BigInteger, default=0)


async def project(
    session: AsyncSession, table: Table, event: EventEnvelope
) -> None:
    """Write to ``table`` what ``event`` changes: the whole read side."""
    sign = {"order.placed": 1, "order.cancelled": -1}.get(event.type)
    if sign is None:
        return
    change = insert(table).values(
        day=event.time.astimezone(UTC).date(),
        orders=sign,
        cents=sign * event.data["total_cents"],
    )
    await session.execute(
        change.on_conflict_do_update(
            index_elements=["day"],
            set_={
                "orders": table.c.orders + change.excluded.orders,
                "cents": table.c.cents + change.excluded.cents,
            },
        )
    )


async def catch_up(session: AsyncSession, table: Table, limit: int) -> int:
    """Project up to ``limit`` events in the transaction of ``session``.

    A second projector of the same table waits for this transaction.
    """
    await session.execute(
        insert(ProjectionRow)
        .values(name=table.fullname)
        .on_conflict_do_nothing()
    )
    reader = await session.get_one(
        ProjectionRow, table.fullname, with_for_update=True
    )
    after = LogPosition(reader.batch, reader.position)
    events = await read_log(session, after, limit)
    for place, event in events:
        await project(session, table, event)
        reader.batch, reader.position = place.batch, place.position
    return len(events)


async def run_once(engine: AsyncEngine, limit: int = 100) -> int:
    """Project up to ``limit`` new events; return how many there were."""
    await number_committed(engine)
    async with AsyncSession(engine) as session, session.begin():
        return await catch_up(session, daily_sales, limit)
