"""Three groups: standard library, installed packages, your own.

Nothing is imported by star, and no imported name hides a builtin.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from redis import exceptions as redis_errors
from sqlalchemy.exc import SQLAlchemyError

from .errors import InfrastructureError

UNREACHABLE = (
    InfrastructureError,
    SQLAlchemyError,
    redis_errors.RedisError,
    OSError,
)


WITHIN = timedelta(seconds=2)


async def is_ready(*pings: Callable[[], Awaitable[object]]) -> bool:
    """Whether all answer within two seconds; a bug in a ping is raised."""
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            for ping in pings:
                await ping()
    except UNREACHABLE:
        return False
    return True
