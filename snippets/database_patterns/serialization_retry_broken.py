"""Broken: waits for the class that the error has under another driver."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

T = TypeVar("T")

SERIALIZABLE = {"isolation_level": "SERIALIZABLE"}


async def in_transaction(
    engine: AsyncEngine,
    work: Callable[[AsyncSession], Awaitable[T]],
    attempts: int = 10,
) -> T:
    ceiling = 0.01
    while True:
        try:
            async with (
                AsyncSession(engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                await session.connection(execution_options=SERIALIZABLE)
                return await work(session)
        except OperationalError:  # a deadlock or a serialization failure
            attempts -= 1
            if attempts < 1:
                raise
        await asyncio.sleep(random.random() * ceiling)
        ceiling *= 2
