"""Broken: the session is closed behind the response, and a stream has no end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, HTTPException
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .outbox import OutboxCounterRow


def known_order(engine: AsyncEngine) -> Callable[..., Awaitable[None]]:
    async def session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as session:
            yield session

    async def require(
        order_id: UUID, session: Annotated[AsyncSession, Depends(session)]
    ) -> None:
        subject = f"order-{order_id}"
        if await session.get(OutboxCounterRow, subject) is None:
            raise HTTPException(404, "There is no such order")

    return require
