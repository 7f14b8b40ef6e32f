"""Pruning: published events go, once every reader of the log has read them.

Each reader says in a row how far it has come. One that starts when the log's
beginning is gone would be wrong without a word, so it is refused.
"""

from datetime import datetime

from sqlalchemy import BigInteger, delete, exists, func, or_, select, text
from sqlalchemy import tuple_ as place
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..domain_driven_design.persistence import Base
from .outbox import OutboxCounterRow, OutboxRow


class LogReaderRow(Base):
    """How far a reader has read. Delete the row of one that is no more."""

    __tablename__ = "log_reader"

    name: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[int] = mapped_column(BigInteger, default=0)
    position: Mapped[int] = mapped_column(BigInteger, default=0)


class IncompleteLogError(Exception):
    """Events are gone that a new reader would need: restore them first."""


HAS_NOT_READ = or_(
    OutboxRow.batch.is_(None),
    place(LogReaderRow.batch, LogReaderRow.position)
    < place(OutboxRow.batch, OutboxRow.position),
)


async def prune(session: AsyncSession, before: datetime) -> None:
    """Delete what was published before then and every reader has read.

    Counters stay. Readers wait until the transaction ends. READ COMMITTED.
    Raises ValueError for a time without a zone: asyncpg takes it for local.
    """
    if before.utcoffset() is None:
        raise ValueError(f"{before} has no time zone")
    readers = LogReaderRow.__table__
    await session.execute(text(f"lock table {readers} in share mode"))
    await session.execute(
        delete(OutboxRow).where(
            OutboxRow.published_at < before, ~exists().where(HAS_NOT_READ)
        )
    )


async def require_whole_log(session: AsyncSession) -> None:
    """To be called by a reader that begins, once its row is written.

    Raises:
        IncompleteLogError: not all that was ever appended is there.
    """
    appended = select(func.coalesce(func.sum(OutboxCounterRow.last), 0))
    there = select(func.count()).select_from(OutboxRow)
    missing = await session.scalar(
        select(appended.scalar_subquery() - there.scalar_subquery())
    )
    if missing:
        raise IncompleteLogError(f"{missing} events are not in the log")
