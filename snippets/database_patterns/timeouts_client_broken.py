"""Broken: the client keeps its timeouts, for as long as it does not hang."""

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def service_engine(url: str, *, application_name: str) -> AsyncEngine:
    return create_async_engine(
        url.replace("postgresql:", "postgresql+asyncpg:"),
        pool_timeout=3,
        connect_args={
            "command_timeout": 60,
            "server_settings": {"application_name": application_name},
        },
    )
