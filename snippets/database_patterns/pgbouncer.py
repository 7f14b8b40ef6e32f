"""An engine that goes through PgBouncer in transaction mode.

Each transaction may be on another connection to the server, which the client
before has left as it is. So nothing may be kept on a connection.
"""

from sqlalchemy.ext.asyncio import AsyncEngine

from ..architecture_patterns.database_url import asyncpg_engine
from .engine import POOL_RECYCLE, POOL_TIMEOUT


def pgbouncer_engine(
    url: str, *, application_name: str, pool_size: int = 10
) -> AsyncEngine:
    """Without prepared statements, and without settings of the session.

    The timeouts that `service_engine` sends are refused by PgBouncer: give
    them to the role, as in ``ALTER ROLE shop SET lock_timeout = '2s'``.

    Raises:
        ValueError: the URL is none for PostgreSQL; the message says why.
    """
    return asyncpg_engine(
        url,
        connect_args={
            "statement_cache_size": 0,  # asyncpg's
            "prepared_statement_cache_size": 0,  # SQLAlchemy's
            "server_settings": {"application_name": application_name},
        },
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        pool_recycle=POOL_RECYCLE,
        pool_pre_ping=True,
    )
