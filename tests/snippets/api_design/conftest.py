"""A database with the tables of this package, and real HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from snippets.architecture_patterns.error_mapping import (
    install_problem_details,
)
from snippets.domain_driven_design.persistence import Base
from tests.support.http import served


@pytest.fixture
async def engine(asyncpg_url: str) -> AsyncIterator[AsyncEngine]:
    """Of a database with all tables of ``Base`` that the tests import."""
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


Serve = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def serve(engine: AsyncEngine) -> AsyncIterator[Serve]:
    """``await serve(router, …)`` gives a client of a service with these routers
    on a real server; both end with the test.

    Instead of routers it takes one application, too. Either has the engine as
    ``app.state.engine`` and answers errors as problem documents.
    """
    async with AsyncExitStack() as stack:

        async def start(*parts: APIRouter | FastAPI) -> httpx.AsyncClient:
            app = parts[0] if isinstance(parts[0], FastAPI) else FastAPI()
            for part in parts:
                if isinstance(part, APIRouter):
                    app.include_router(part)
            app.state.engine = engine
            install_problem_details(app)
            address = await stack.enter_async_context(served(app))
            return await stack.enter_async_context(
                httpx.AsyncClient(base_url=address)
            )

        yield start
