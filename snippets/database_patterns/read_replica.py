"""Read replica: whoever has written reads what they wrote.

A replica is behind by what it has not replayed yet. A write tells up to where
the log went; a read that brings this position goes to the replica if that has
come so far, and to the primary if not.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..code_style.database_errors import is_unavailable

T = TypeVar("T")

# Positions in the write-ahead log, in bytes from its beginning.
WRITTEN = text("select (pg_current_wal_insert_lsn() - '0/0')::bigint")
REPLAYED = text("select coalesce(pg_last_wal_replay_lsn() - '0/0', -1)::bigint")
UNKNOWN = 2**63 - 1  # beyond what any replica has replayed
READ_ONLY = {"postgresql_readonly": True}


class Replicated:
    """A primary and a replica, or an address behind which are several."""

    def __init__(self, primary: AsyncEngine, replica: AsyncEngine) -> None:
        self._primary = primary
        self._replica = replica

    async def write(
        self, work: Callable[[AsyncSession], Awaitable[T]]
    ) -> tuple[T, int]:
        """What ``work`` returned in its transaction, and the position after it.

        Give the position to the client, in a cookie for example. What was
        committed is no error, though the connection is lost afterwards.
        """
        async with AsyncSession(
            self._primary, expire_on_commit=False
        ) as session:
            async with session.begin():
                result = await work(session)
            try:
                position = await session.scalars(WRITTEN)
            except Exception as error:
                if not is_unavailable(error):
                    raise
                return result, UNKNOWN
            return result, position.one()

    @asynccontextmanager
    async def reading(self, since: int = 0) -> AsyncIterator[AsyncSession]:
        """A session that sees what was committed up to that position.

        Without one, it may see a state of any age. It writes nothing, on the
        primary either, and has this one transaction: once it has ended, the
        session raises InvalidRequestError. A replica that does not answer is an
        error: a primary that gets the reads of all would be next.
        """
        async with self._one_transaction(self._replica) as session:
            replayed = await session.scalars(REPLAYED)
            if replayed.one() >= since:
                yield session
                return
        async with self._one_transaction(self._primary) as session:
            await session.connection(execution_options=READ_ONLY)
            yield session

    @staticmethod
    @asynccontextmanager
    async def _one_transaction(
        engine: AsyncEngine,
    ) -> AsyncIterator[AsyncSession]:
        async with (
            AsyncSession(engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session
