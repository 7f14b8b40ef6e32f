"""Who may watch: asked before the stream begins, in a session that then ends.

``scope="function"`` (FastAPI 0.121 and later) closes the session when the route
has returned. By default it stays open until the response has been sent, which
a stream's never is, and until background tasks are done.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, HTTPException
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .outbox import OutboxCounterRow


def known_order(engine: AsyncEngine) -> Callable[..., Awaitable[None]]:
    """A dependency: 404 for an order of which nothing was ever told."""

    async def session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as session:
            yield session

    async def require(
        order_id: UUID,
        session: Annotated[AsyncSession, Depends(session, scope="function")],
    ) -> None:
        subject = f"order-{order_id}"
        if await session.get(OutboxCounterRow, subject) is None:
            raise HTTPException(404, "There is no such order")

    return require
