"""Broken: the pool that the tutorials name is the one for threads."""

from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def service_engine(url: str, *, application_name: str) -> AsyncEngine:
    return create_async_engine(
        url.replace("postgresql:", "postgresql+asyncpg:"),
        poolclass=QueuePool,
        pool_size=10,
        connect_args={
            "server_settings": {"application_name": application_name}
        },
    )
