"""Broken: SET is for the connection, and the pool gives that to the next."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from .timeouts import Timeouts


async def set_timeouts(session: AsyncSession, timeouts: Timeouts) -> None:
    for name, value in timeouts.server_settings().items():
        await session.execute(text(f"SET {name} = {value}"))
