"""Broken: nothing said, so nothing is checked before it is used."""

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def service_engine(url: str, *, application_name: str) -> AsyncEngine:
    return create_async_engine(
        url.replace("postgresql:", "postgresql+asyncpg:"),
        connect_args={
            "server_settings": {"application_name": application_name}
        },
    )
