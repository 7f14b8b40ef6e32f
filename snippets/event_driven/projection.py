"""Projection: a table made for one screen, kept up to date from the log.

How far it has read is committed with what it has written, so every event is
counted once, wherever the process is killed.
"""

import logging
from datetime import UTC

from sqlalchemy import BigInteger, Column, Date, Integer, Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..architecture_patterns.read_committed import read_committed
from ..code_style.error_text import error_text
from ..domain_driven_design.persistence import Base
from .event_envelope import EventEnvelope
from .event_log import LogPosition, number_committed, read_log
from .outbox_prune import LogReaderRow, require_whole_log

logger = logging.getLogger(__name__)

daily_sales = Table(
    "daily_sales",
    Base.metadata,
    Column("day", Date, primary_key=True),  # UTC
    Column("orders", Integer, nullable=False),
    Column("cents", BigInteger, nullable=False),
)


class UnreadEventRow(Base):
    """What a projection had to leave out. Mend its code, then rebuild it."""

    __tablename__ = "unread_event"

    reader: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    error: Mapped[str]


def sale(event: EventEnvelope) -> dict[str, object] | None:
    """What ``event`` adds to its day; None if that is nothing.

    Raises:
        ValueError: it says no amount.
    """
    sign = {"order.placed": 1, "order.cancelled": -1}.get(event.type)
    if sign is None:
        return None
    cents = event.data["total_cents"]
    if type(cents) is not int or not 0 <= cents < 2**40:
        raise ValueError(f"Not an amount of cents: {cents!r}")
    day = event.time.astimezone(UTC).date()
    return {"day": day, "orders": sign, "cents": sign * cents}


async def project(
    session: AsyncSession, table: Table, event: EventEnvelope
) -> None:
    """Write to ``table`` what ``event`` changes: the whole read side."""
    if (row := sale(event)) is None:
        return
    change = insert(table).values(row)
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

    At READ COMMITTED, a second projector of the same table waits for it. What
    cannot be read is put aside, and what comes after it goes on.

    Raises:
        IncompleteLogError: it would begin with a log that has no beginning.
    """
    name = table.fullname
    begins = await session.scalar(
        insert(LogReaderRow)
        .values(name=name)
        .on_conflict_do_nothing()
        .returning(LogReaderRow.name)
    )
    if begins:
        await require_whole_log(session)
    reader = await session.get_one(
        LogReaderRow, name, with_for_update=True, populate_existing=True
    )
    after = LogPosition(reader.batch, reader.position)
    rows = await read_log(session, after, limit)
    for place, row in rows:
        try:
            await project(session, table, row.event)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            logger.exception("%s leaves out %s", name, row.event_id)
            session.add(
                UnreadEventRow(
                    reader=name, position=row.position, error=error_text(error)
                )
            )
        reader.batch, reader.position = place.batch, place.position
    return len(rows)


async def run_once(engine: AsyncEngine, limit: int = 100) -> int:
    """Project up to ``limit`` new events; return how many there were."""
    await number_committed(engine)
    async with read_committed(engine) as session:
        return await catch_up(session, daily_sales, limit)
