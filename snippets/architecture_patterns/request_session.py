"""One session for a request, committed before the answer leaves.

For routes without use cases. ``scope="function"`` (FastAPI 0.121 and later)
ends the dependency when the route returns; without it, what follows the
`yield` runs after the response.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..code_style.database_errors import database_errors


async def request_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Commits if the route returns, rolls back if it raises.

    A commit that fails is raised while the client still waits: it gets a 500,
    or a 503 if PostgreSQL was out of reach (DatabaseError). What runs later,
    such as a stream or a background task, opens a session of its own: this one
    refuses.
    """
    engine: AsyncEngine = request.app.state.engine
    with database_errors("request"):
        async with (
            AsyncSession(engine, close_resets_only=False) as session,
            session.begin(),
        ):
            yield session


RequestSession = Annotated[
    AsyncSession, Depends(request_session, scope="function")
]
