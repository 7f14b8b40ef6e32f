"""The engine of a service: how many connections, and how long each may wait.

One for each process, disposed of when the process ends. It connects when a
session first needs it to, and keeps what it has opened.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..architecture_patterns.database_url import asyncpg_engine
from .timeouts import Timeouts

POOL_TIMEOUT = 3  # seconds: shorter than callers wait, so they get an answer
POOL_RECYCLE = 1800  # seconds: to follow a failover, and to give memory back
ROOM = text("""
    select least(
        current_setting('max_connections')::int
            - current_setting('superuser_reserved_connections')::int
            - current_setting('reserved_connections')::int,
        (select nullif(datconnlimit, -1) from pg_database
            where datname = current_database()),
        (select nullif(rolconnlimit, -1) from pg_roles
            where rolname = current_user)
    )
""")


class NotEnoughConnectionsError(Exception):
    """All processes together may want more than PostgreSQL gives."""


def service_engine(
    url: str,
    *,
    application_name: str,
    pool_size: int = 10,
    timeouts: Timeouts | None = None,
) -> AsyncEngine:
    """At most ``pool_size`` connections, which are checked before each use.

    Waiting for one raises SQLAlchemy's TimeoutError after POOL_TIMEOUT.
    PostgreSQL shows ``application_name`` in pg_stat_activity and in its log.

    Raises:
        ValueError: the URL is none for PostgreSQL; the message says why.
    """
    settings = (timeouts or Timeouts()).server_settings()
    return asyncpg_engine(
        url,
        connect_args={
            "server_settings": settings | {"application_name": application_name}
        },
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        pool_recycle=POOL_RECYCLE,
        pool_pre_ping=True,
    )


async def require_room(
    engine: AsyncEngine, *, pool_size: int, processes: int
) -> None:
    """Ask when the process starts, not when the last pool fills up.

    ``processes`` are all that connect: workers, those of the next version that
    start before these end, jobs, and migrations.

    Raises:
        NotEnoughConnectionsError: the message has the numbers.
    """
    async with AsyncSession(engine) as session:
        room: int = (await session.execute(ROOM)).scalar_one()
    if pool_size * processes > room:
        raise NotEnoughConnectionsError(
            f"{processes} processes of {pool_size} connections, room for {room}"
        )
