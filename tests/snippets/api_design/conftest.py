"""A database with the tables of this package, and real HTTP."""

import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from snippets.architecture_patterns.error_mapping import (
    install_problem_details,
)
from snippets.domain_driven_design.persistence import Base
from tests.support.http import served
from tests.support.until import async_until


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
                httpx.AsyncClient(base_url=address, timeout=40)
            )

        yield start


@pytest.fixture
def until_somebody_waits(
    engine: AsyncEngine,
) -> Callable[[], Awaitable[None]]:
    """Returns when a transaction waits for the lock of another."""
    query = text(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )

    async def until_somebody_waits() -> None:
        async def waiting() -> int:
            async with engine.connect() as connection:  # statistics once each
                return await connection.scalar(query)

        await async_until(waiting)

    return until_somebody_waits


@pytest.fixture
def findings() -> Callable[..., str]:
    """``findings("ruff", "check", path)``: what a tool prints."""

    def findings(*command: object) -> str:
        run = subprocess.run(
            [sys.executable, "-m", *map(str, command)],
            check=False,
            capture_output=True,
            text=True,
        )
        if run.stderr:
            raise RuntimeError(run.stderr)
        return run.stdout

    return findings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first to use mypy fills its cache, which takes ten seconds."""
    for item in items:
        if "mypy" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy_cache")


@pytest.fixture
def mypy(
    findings: Callable[..., str], mypy_cache: Path, tmp_path: Path
) -> Callable[[str], str]:
    """``mypy(text)``: what it says of a module, at --strict."""

    def mypy(text: str) -> str:
        module = tmp_path / "module.py"
        module.write_text(text)
        options = ("--strict", "--config-file=", "--cache-dir", mypy_cache)
        return findings("mypy", *options, module)

    return mypy
