"""Broken: the env.py that `alembic init -t async` writes, in each replica."""

import asyncio

from alembic import context
from sqlalchemy import Connection, MetaData

from ..architecture_patterns.database_url import asyncpg_engine


def run_migrations(metadata: MetaData, url: str) -> None:
    asyncio.run(_migrate(metadata, url))


async def _migrate(metadata: MetaData, url: str) -> None:
    engine = asyncpg_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(_run, metadata)
    await engine.dispose()


def _run(connection: Connection, metadata: MetaData) -> None:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
