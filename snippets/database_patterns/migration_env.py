"""What an Alembic env.py does, on an async engine and beside other migrators.

Each revision is a transaction of its own: what was done before one fails stays
done, and the next run goes on from there.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from alembic import context
from sqlalchemy import Connection, MetaData

from ..architecture_patterns.database_url import asyncpg_engine
from .migration_lock import hold_migration_lock
from .safe_ddl import LOCK_TIMEOUT, limit_lock_waits, retry_when_locked

PAUSES = (1, 2, 4, 8, 16)  # seconds


def run_migrations(
    metadata: MetaData, url: str, pauses: Sequence[float] = PAUSES
) -> None:
    """Do what the command says, or print the SQL of it (``--sql``).

    ``url`` is the setting as the service has it, ``postgresql://…``; offline,
    it is not used. What does not get its locks is tried again after each pause.

    Raises:
        ValueError: the URL is none for PostgreSQL.
        TimeoutError: another migrator does not come to its end.
    """
    logging.basicConfig(level=logging.INFO)  # unless the process has its own
    if context.is_offline_mode():
        context.configure(
            dialect_name="postgresql",
            literal_binds=True,
            **_options(metadata),
        )
        context.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        context.run_migrations()
    else:
        asyncio.run(_migrate(metadata, url, pauses))


async def _migrate(
    metadata: MetaData, url: str, pauses: Sequence[float]
) -> None:
    engine = asyncpg_engine(url)
    try:
        async with engine.connect() as connection:
            await hold_migration_lock(connection)
            await connection.run_sync(limit_lock_waits)
            await retry_when_locked(
                lambda: connection.run_sync(_run, metadata), pauses
            )
    finally:
        await engine.dispose()  # ends the session, and with it the lock


def _run(connection: Connection, metadata: MetaData) -> None:
    context.configure(connection=connection, **_options(metadata))
    with context.begin_transaction():
        context.run_migrations()


def _options(metadata: MetaData) -> dict[str, Any]:
    def is_ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or name in metadata.tables

    return {
        "target_metadata": metadata,
        "transaction_per_migration": True,
        "compare_server_default": True,  # types are compared by default
        "include_name": is_ours,  # autogenerate drops no table of others
    }
