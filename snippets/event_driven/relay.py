"""The relay: publishes what the outbox holds, at least once, in order.

Run as many as you like. Each takes subjects of its own by locking their first
unpublished event, so the events of one subject never overtake each other.
"""

import asyncio
import logging
from collections import defaultdict

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import aliased

from .background_loop import until_cancelled
from .event_bus import EventBus
from .outbox import OutboxRow
from .outbox_wakeup import OutboxWakeup
from .own_cancellation import apart

logger = logging.getLogger(__name__)

Earlier = aliased(OutboxRow)

FIRST_OF_SUBJECT = OutboxRow.published_at.is_(None) & ~exists().where(
    Earlier.subject == OutboxRow.subject,
    Earlier.sequence < OutboxRow.sequence,
    Earlier.published_at.is_(None),
)

PLACE_IN_SUBJECT = func.row_number().over(
    partition_by=OutboxRow.subject, order_by=OutboxRow.sequence
)


class OutboxRelay:
    """Publishes; a process of its own, or a task beside the web server."""

    def __init__(self, engine: AsyncEngine, bus: EventBus) -> None:
        self._engine = engine
        self._bus = bus

    async def run(self, wakeup: OutboxWakeup, poll: float = 5.0) -> None:
        """Publish until cancelled; look every ``poll`` seconds in any case."""

        async def publish_or_wait() -> None:
            seen = wakeup.count
            if not await self.run_once():
                await wakeup.wait(seen, poll)

        await until_cancelled(
            publish_or_wait, poll, "The relay tries again in %s s"
        )

    async def run_once(self, limit: int = 100) -> int:
        """Publish up to ``limit`` events; return how many there were.

        What the bus refuses is logged, and holds back its own subject alone:
        subjects take turns, those last whose event was refused last.
        """
        async with AsyncSession(self._engine) as session, session.begin():
            claimed = await session.scalars(
                select(OutboxRow.subject)
                .where(FIRST_OF_SUBJECT)
                .order_by(
                    OutboxRow.refused_at.nulls_first(), OutboxRow.position
                )
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            rows = await session.scalars(
                select(OutboxRow)
                .where(
                    OutboxRow.subject.in_(claimed.all()),
                    OutboxRow.published_at.is_(None),
                )
                .order_by(PLACE_IN_SUBJECT, OutboxRow.position)
                .limit(limit)
            )
            lines = defaultdict[str, list[OutboxRow]](list)
            for row in rows:
                lines[row.subject].append(row)
            published = [
                position
                for done in await asyncio.gather(
                    *map(self._publish, lines.values())
                )
                for position in done
            ]
            await session.execute(
                update(OutboxRow)
                .where(OutboxRow.position.in_(published))
                .values(published_at=func.now())
                .execution_options(synchronize_session=False)
            )
        return len(published)

    async def _publish(self, line: list[OutboxRow]) -> list[int]:
        """Stop at the first that fails: the next must not overtake it."""
        done: list[int] = []
        for row in line:
            try:
                await apart(self._bus.publish(row.event))
            except Exception:
                logger.exception("Not published: %s", row.event_id)
                row.refused_at = func.now()
                break
            done.append(row.position)
        return done
