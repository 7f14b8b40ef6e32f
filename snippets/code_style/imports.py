"""Three groups: standard library, installed packages, your own.

Nothing is imported by star, and no imported name hides a builtin.
"""

from collections.abc import Awaitable, Callable

from redis import exceptions as redis_errors
from sqlalchemy.exc import SQLAlchemyError

from .errors import InfrastructureError

UNREACHABLE = (
    InfrastructureError,
    SQLAlchemyError,
    redis_errors.RedisError,
    OSError,
)


async def is_ready(*pings: Callable[[], Awaitable[object]]) -> bool:
    """Whether every dependency answers; a bug in a ping is still raised."""
    try:
        for ping in pings:
            await ping()
    except UNREACHABLE:
        return False
    return True
