"""Claims: a relay takes lines, publishes them, and says how far it came.

A claim is a row. It holds for as long as the transaction of its relay is open,
which holds an advisory lock and nothing else: nobody waits for a relay that
waits for its bus. PostgreSQL ends that transaction when the process dies, and
when it has been silent for too long.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import getrandbits

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ..architecture_patterns.read_committed import (
    READ_COMMITTED,
    read_committed,
)
from .outbox import OutboxRow, in_order
from .outbox_line import RELAYS, OutboxLineRow, claim, next_rows


@dataclass
class Line:
    """The next events of a subject; what became of them, for `settle`.

    ``retry_in`` is set if the one behind the ``published`` ones has failed.
    """

    subject: str
    failures: int
    rows: list[OutboxRow] = field(default_factory=list)
    published: list[int] = field(default_factory=list)
    retry_in: timedelta | None = None


class OutboxClaims:
    """What one relay has in hand. Each call is a transaction."""

    def __init__(self, engine: AsyncEngine, alive: AsyncConnection) -> None:
        self._engine = engine
        self._alive = alive
        self._relay = getrandbits(31)

    async def take(self, limit: int) -> list[Line]:
        """Claim lines, with up to ``limit`` events in all.

        Subjects take turns: first events come before second ones.
        """
        await self._alive.execute(
            select(func.pg_advisory_xact_lock(RELAYS, self._relay))
        )
        async with read_committed(self._engine) as session:
            claimed = await session.execute(claim(self._relay, limit))
            lines = {subject: Line(subject, n) for subject, n in claimed.all()}
            for row in await session.scalars(next_rows(lines, limit)):
                lines[row.subject].rows.append(row)
        return list(lines.values())

    async def settle(self, lines: Collection[Line]) -> None:
        """Note what was published, and let go of ``lines``."""
        published = [each for line in lines for each in line.published]
        mine = OutboxLineRow.relay == self._relay
        done = [line.subject for line in lines if line.retry_in is None]
        async with read_committed(self._engine) as session:
            await session.execute(
                update(OutboxRow)
                .where(in_order(OutboxRow.position.in_(published)))
                .values(published_at=func.now())
            )
            await session.execute(
                delete(OutboxLineRow).where(
                    mine, OutboxLineRow.subject.in_(done)
                )
            )
            for line in lines:
                if line.retry_in is not None:
                    await session.execute(
                        update(OutboxLineRow)
                        .where(mine, OutboxLineRow.subject == line.subject)
                        .values(
                            relay=None,
                            failures=line.failures,
                            due_at=func.now() + line.retry_in,
                        )
                    )


@asynccontextmanager
async def claims(
    engine: AsyncEngine, silence: timedelta
) -> AsyncIterator[OutboxClaims]:
    """Valid in the block, if `take` is called again within ``silence``."""
    async with engine.connect() as alive:
        await alive.execution_options(**READ_COMMITTED)
        await alive.execute(
            select(
                func.set_config(
                    "idle_in_transaction_session_timeout",
                    f"{silence.total_seconds() * 1000:.0f}",
                    True,
                )
            )
        )
        try:
            yield OutboxClaims(engine, alive)
        finally:
            with suppress(DBAPIError):  # PostgreSQL may have ended it
                await alive.rollback()
