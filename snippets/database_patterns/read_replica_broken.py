"""Broken: writes to the primary, reads from the replica, which is "in sync"."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

T = TypeVar("T")


class Replicated:
    def __init__(self, primary: AsyncEngine, replica: AsyncEngine) -> None:
        self._primary = primary
        self._replica = replica

    async def write(
        self, work: Callable[[AsyncSession], Awaitable[T]]
    ) -> tuple[T, int]:
        async with (
            AsyncSession(self._primary, expire_on_commit=False) as session,
            session.begin(),
        ):
            return await work(session), 0

    @asynccontextmanager
    async def reading(self, since: int = 0) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self._replica) as session:
            yield session
