"""Inbox: an event that is delivered twice has its effect once.

The event's id is written in the transaction of the effect. Both are committed
or neither, so a redelivery either finds the id or an effect that is not there.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..architecture_patterns.read_committed import read_committed
from ..code_style.storable_text import require_storable
from ..domain_driven_design.persistence import Base
from .event_envelope import EventEnvelope

Effect = Callable[[AsyncSession, EventEnvelope], Awaitable[None]]


class InboxRow(Base):
    """One event that one consumer has dealt with."""

    __tablename__ = "inbox"

    consumer: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    handled_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


async def first_time(
    session: AsyncSession, consumer: str, event: EventEnvelope
) -> bool:
    """Write the id; False if ``consumer`` has dealt with it before.

    Waits while another transaction is dealing with the same event, and is True
    if that one rolls back. If it commits, and this transaction's snapshot is
    older (REPEATABLE READ, SERIALIZABLE), PostgreSQL ends this one with 40001:
    repeat it.

    Raises:
        ValueError: no consumer can be called that.
    """
    require_storable(consumer)
    written = await session.scalar(
        insert(InboxRow)
        .values(consumer=consumer, event_id=event.id)
        .on_conflict_do_nothing()
        .returning(InboxRow.event_id)
    )
    return written is not None


class IdempotentConsumer:
    """A handler for any bus; ``effect`` must not commit.

    Its transaction is at READ COMMITTED, whatever the engine's level is: an
    effect that reads before it writes locks what it read.
    """

    def __init__(
        self, engine: AsyncEngine, consumer: str, effect: Effect
    ) -> None:
        self._engine = engine
        self._consumer = consumer
        self._effect = effect

    async def __call__(self, event: EventEnvelope) -> None:
        async with read_committed(self._engine) as session:
            if await first_time(session, self._consumer, event):
                await self._effect(session, event)
