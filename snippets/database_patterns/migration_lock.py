"""One migrator at a time; the others wait their turn and find nothing to do.

They ask again and again, since a session that waits for an advisory lock in
PostgreSQL has a snapshot: CREATE INDEX CONCURRENTLY would wait for it to end,
and it for the lock.
"""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from .advisory_lock import lock_key

LOCK = lock_key("migrations")
PATIENCE = timedelta(minutes=15)
PAUSE = timedelta(seconds=0.5)


async def hold_migration_lock(
    connection: AsyncConnection,
    within: timedelta = PATIENCE,
    pause: timedelta = PAUSE,
) -> None:
    """The lock of this database, until the session of ``connection`` ends.

    Migrate on this connection, which comes back without a transaction: a lock
    on another would be free as soon as that is lost. Not through a pooler that
    hands out sessions by transaction.

    Raises:
        TimeoutError: another session holds it.
    """
    async with asyncio.timeout(within.total_seconds()):
        while True:
            if await _is_ours(connection):
                return
            await asyncio.sleep(pause.total_seconds())


async def _is_ours(connection: AsyncConnection) -> bool:
    taken = await connection.scalar(select(func.pg_try_advisory_lock(LOCK)))
    await connection.commit()  # or Alembic would leave the commit to us
    return bool(taken)
