"""Broken: prepares a statement on one connection, and runs it on the next."""

from sqlalchemy.ext.asyncio import AsyncEngine

from ..architecture_patterns.database_url import asyncpg_engine


def pgbouncer_engine(url: str, *, application_name: str) -> AsyncEngine:
    return asyncpg_engine(
        url,
        connect_args={
            "server_settings": {"application_name": application_name}
        },
        pool_pre_ping=True,
    )
