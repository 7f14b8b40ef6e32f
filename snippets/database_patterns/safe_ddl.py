"""DDL that leaves the queue for a lock before the queue behind it is long.

ALTER TABLE waits for every transaction that has used the table, and whoever
comes later waits for it: readers too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError

LOCK_TIMEOUT = "2s"
LOCK_NOT_AVAILABLE = "55P03"


def limit_lock_waits(connection: Connection) -> None:
    """Each transaction of ``connection`` waits so long for a lock, not longer.

    At AUTOCOMMIT there is no limit: what runs CONCURRENTLY has to wait for old
    transactions, keeps nobody waiting, and leaves a ruin if it is ended.
    """

    @event.listens_for(connection, "begin")
    def limit(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")


async def retry_when_locked(
    attempt: Callable[[], Awaitable[None]], pauses: Sequence[float]
) -> None:
    """Call ``attempt`` until it gets its locks; pauses are in seconds.

    Raises:
        DBAPIError: another error, or no lock after the last pause.
    """
    for pause in pauses:
        try:
            await attempt()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
        else:
            return
        await asyncio.sleep(pause)
    await attempt()
