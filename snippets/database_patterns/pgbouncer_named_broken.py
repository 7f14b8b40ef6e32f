"""Broken: of two caches one is off; the other still names its statements."""

from sqlalchemy.ext.asyncio import AsyncEngine

from ..architecture_patterns.database_url import asyncpg_engine


def pgbouncer_engine(url: str, *, application_name: str) -> AsyncEngine:
    return asyncpg_engine(
        url,
        connect_args={
            "prepared_statement_cache_size": 0,
            "server_settings": {"application_name": application_name},
        },
        pool_pre_ping=True,
    )
