"""The relay: publishes what the outbox holds, at least once.

The events of one order come in order. Those of two need not: a row has its
number before its commit, and a lower one may become visible later.

It can be killed anywhere. Killed before publishing, the row is still there;
killed after, it publishes again under the same message id, which JetStream
drops within its duplicate window and every other consumer has to.
"""

import json
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .tables import OutboxRow


class EventPublisher(Protocol):
    """Where events go."""

    async def publish(
        self, subject: str, payload: bytes, message_id: str
    ) -> None:
        """Return when the broker has stored the message."""
        ...


class OutboxRelay:
    """Call `run_once` in a loop, in one process."""

    def __init__(self, engine: AsyncEngine, publisher: EventPublisher) -> None:
        self._engine = engine
        self._publisher = publisher

    async def run_once(self, limit: int = 100) -> int:
        """Publish up to ``limit`` events; return how many there were."""
        unpublished = (
            select(OutboxRow)
            .where(OutboxRow.published_at.is_(None))
            .order_by(OutboxRow.sequence)
            .limit(limit)
            .with_for_update()
        )
        async with AsyncSession(self._engine) as session, session.begin():
            rows = (await session.scalars(unpublished)).all()
            for row in rows:
                await self._publisher.publish(
                    row.subject, json.dumps(row.payload).encode(), str(row.id)
                )
                row.published_at = datetime.now(UTC)
        return len(rows)
