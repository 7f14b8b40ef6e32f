"""Replay: an operator gives dead letters another chance, or gives them up."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..code_style.storable_text import require_storable
from .retry_table import RetryRow


class DeadLetters:
    """What one consumer has given up on.

    Raises:
        ValueError: no consumer can be called that.
    """

    def __init__(self, engine: AsyncEngine, consumer: str) -> None:
        require_storable(consumer)
        self._engine = engine
        self._dead = (
            RetryRow.consumer == consumer,
            RetryRow.dead_at.is_not(None),
        )

    async def oldest(self, limit: int = 100) -> list[RetryRow]:
        """Up to ``limit`` of them, with the last error of each."""
        async with AsyncSession(self._engine) as session:
            rows = await session.scalars(
                select(RetryRow)
                .where(*self._dead)
                .order_by(RetryRow.dead_at)
                .limit(limit)
            )
            return list(rows)

    async def replay(self, event_ids: Collection[UUID]) -> set[UUID]:
        """Give these all their attempts again, from now; return which.

        Nothing happens the second time, or to an event that is not dead. If
        the effect took place after all, the inbox keeps it from happening
        again.
        """
        async with AsyncSession(self._engine) as session, session.begin():
            revived = await session.scalars(
                update(RetryRow)
                .where(*self._dead, RetryRow.event_id.in_(event_ids))
                .values(dead_at=None, attempts=0, next_attempt_at=func.now())
                .returning(RetryRow.event_id)
            )
            return set(revived)

    async def discard(self, event_ids: Collection[UUID]) -> set[UUID]:
        """Give these up for good; return which. Their subjects go on."""
        async with AsyncSession(self._engine) as session, session.begin():
            gone = await session.scalars(
                delete(RetryRow)
                .where(*self._dead, RetryRow.event_id.in_(event_ids))
                .returning(RetryRow.event_id)
            )
            return set(gone)
