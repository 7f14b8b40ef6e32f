"""Broken: a star import puts Valkey's ConnectionError over Python's."""

from redis.exceptions import *
from .errors import InfrastructureError
from sqlalchemy.exc import SQLAlchemyError
from collections.abc import Awaitable, Callable

UNREACHABLE = (
    InfrastructureError,
    SQLAlchemyError,
    RedisError,
    ConnectionError,
    TimeoutError,
)


async def is_ready(*pings: Callable[[], Awaitable[object]]) -> bool:
    try:
        for ping in pings:
            await ping()
    except UNREACHABLE:
        return False
    return True
