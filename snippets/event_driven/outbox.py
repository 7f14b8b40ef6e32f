"""Transactional outbox: an event is a row, committed with what it tells of.

`append` numbers the events of each subject 1, 2, 3… without a gap, in the
order of their commits: the counter row stays locked until the transaction ends.
Whoever changes several events locks them `in_order` first.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Identity,
    Index,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..domain_driven_design.persistence import Base
from .event_envelope import EventEnvelope

CHANNEL = "outbox"


class OutboxCounterRow(Base):
    """How many events a subject has had; outlives them."""

    __tablename__ = "outbox_counter"

    subject: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


class OutboxRow(Base):
    """One event. ``position`` tells the order of inserts, not of commits."""

    __tablename__ = "outbox"

    position: Mapped[int] = mapped_column(
        BigInteger, Identity(always=True), primary_key=True
    )
    subject: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    envelope: Mapped[str]
    batch: Mapped[int | None] = mapped_column(BigInteger)  # for `event_log`
    published_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True)
    )

    __table_args__ = (
        UniqueConstraint("subject", "sequence"),
        Index(
            "outbox_unpublished",
            "subject",
            "sequence",
            postgresql_where=text("published_at is null"),
        ),
        Index("outbox_log", "batch", "position"),
    )

    @property
    def event(self) -> EventEnvelope:
        return EventEnvelope.from_json(self.envelope.encode())


async def append(session: AsyncSession, event: EventEnvelope) -> int:
    """Add ``event`` to the transaction of ``session``; return its number.

    Another transaction that appends for the same subject waits until this one
    ends. Append for several subjects in a fixed order, or two transactions may
    deadlock (PostgreSQL then ends one of them).
    """
    count = (
        insert(OutboxCounterRow)
        .values(subject=event.subject, last=1)
        .on_conflict_do_update(
            index_elements=[OutboxCounterRow.subject],
            set_={"last": OutboxCounterRow.last + 1},
        )
        .returning(OutboxCounterRow.last)
    )
    sequence = (await session.execute(count)).scalar_one()
    await session.execute(
        insert(OutboxRow).values(
            subject=event.subject,
            sequence=sequence,
            event_id=event.id,
            envelope=event.to_json().decode(),
        )
    )
    await session.execute(select(func.pg_notify(CHANNEL, "")))
    return sequence


def in_order(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same condition; the rows are locked by position, lowest first.

    Two transactions that lock in two orders may deadlock.
    """
    locked = (
        select(OutboxRow.position)
        .where(condition)
        .order_by(OutboxRow.position)
        .with_for_update()
        .cte("locked")
    )
    return OutboxRow.position.in_(select(locked.c.position))
