"""Waits until the replicas have seen what was written, before more is.

For whatever writes much at once, such as a backfill: whoever reads from a
replica that is minutes behind is shown an order that is gone.
"""

import asyncio
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

# Whoever is not a member of pg_monitor sees no lag, and so none is waited for.
LAG = text(
    "SELECT coalesce(max(replay_lag), interval '0') FROM pg_stat_replication"
)


async def until_replicas_follow(
    engine: AsyncEngine,
    within: timedelta,
    pause: timedelta = timedelta(seconds=1),
) -> None:
    """Returns when the slowest replica is no more than ``within`` behind.

    At once where there is none. A replica that is disconnected does not count.
    """
    while True:
        async with engine.connect() as connection:
            lag: timedelta = await connection.scalar(LAG)
        if lag <= within:
            return
        await asyncio.sleep(pause.total_seconds())
