"""Where a consumer keeps what it could not handle yet."""

from datetime import timedelta

from sqlalchemy import Executable, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import aliased

from ..architecture_patterns.read_committed import read_committed
from ..code_style.error_text import error_text
from ..code_style.storable_text import require_storable
from .event_envelope import EventEnvelope
from .retry_table import RetryRow

Earlier = aliased(RetryRow)

FIRST_OF_SUBJECT = ~exists().where(
    Earlier.consumer == RetryRow.consumer,
    Earlier.subject == RetryRow.subject,
    Earlier.position < RetryRow.position,
)


class RetryStore:
    """One consumer's part of the table.

    Each call is a transaction, READ COMMITTED whatever the engine's level is:
    above it, a claim that meets another raises where it should look on.

    Raises:
        ValueError: no consumer can be called that.
    """

    def __init__(self, engine: AsyncEngine, consumer: str) -> None:
        require_storable(consumer)
        self._engine = engine
        self._consumer = consumer

    async def holds(self, subject: str) -> bool:
        """Does an event of ``subject`` wait here, or lie dead?"""
        query = select(
            exists().where(
                RetryRow.consumer == self._consumer,
                RetryRow.subject == subject,
            )
        )
        async with read_committed(self._engine) as session:
            return bool(await session.scalar(query))

    async def keep(self, event: EventEnvelope) -> None:
        """Due at once, unless others of its subject are here. Idempotent."""
        row = {
            "consumer": self._consumer,
            "event_id": event.id,
            "subject": event.subject,
            "envelope": event.to_json().decode(),
        }
        await self._execute(
            insert(RetryRow).values(row).on_conflict_do_nothing()
        )

    async def claim(self, lease: timedelta) -> RetryRow | None:
        """Count an attempt of one due event; nobody else's until ``lease``."""
        due = (
            select(RetryRow.position)
            .where(
                FIRST_OF_SUBJECT,
                RetryRow.consumer == self._consumer,
                RetryRow.dead_at.is_(None),
                RetryRow.next_attempt_at <= func.now(),
            )
            .order_by(RetryRow.next_attempt_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        claim = (
            update(RetryRow)
            .where(RetryRow.position == due.scalar_subquery())
            .values(
                attempts=RetryRow.attempts + 1,
                next_attempt_at=func.now() + lease,
            )
            .returning(RetryRow)
        )
        async with read_committed(self._engine) as session:
            return await session.scalar(claim)

    async def fail(
        self, row: RetryRow, error: Exception, delay: timedelta | None
    ) -> None:
        """Due again after ``delay``; None makes it a dead letter.

        Does nothing if another worker has claimed it since: its lease counts.
        """
        when = (
            {"dead_at": func.now()}
            if delay is None
            else {"next_attempt_at": func.now() + delay}
        )
        await self._execute(
            update(RetryRow)
            .where(
                RetryRow.position == row.position,
                RetryRow.attempts == row.attempts,
            )
            .values(error=error_text(error), **when)
        )

    async def remove(self, row: RetryRow) -> None:
        await self._execute(
            delete(RetryRow).where(RetryRow.position == row.position)
        )

    async def _execute(self, statement: Executable) -> None:
        async with read_committed(self._engine) as session:
            await session.execute(statement)
