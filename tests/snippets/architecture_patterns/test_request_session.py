"""One session a request: committed before the answer, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import uuid4

import httpx
import pytest
from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.architecture_patterns.error_mapping import (
    install_problem_details,
)
from snippets.architecture_patterns.request_session import RequestSession
from snippets.architecture_patterns.tables import OrderRow


@pytest.fixture
async def client(serve, engine):
    app = FastAPI()
    app.state.engine = engine

    @app.post("/orders", status_code=201)
    async def place(session: RequestSession, fail: bool = False) -> None:
        session.add(
            OrderRow(
                id=uuid4(),
                customer_id=uuid4(),
                currency="EUR",
                status="confirmed",
            )
        )
        await session.flush()
        if fail:
            raise RuntimeError("a bug")

    async with httpx.AsyncClient(base_url=await serve(app)) as client:
        yield client


async def test_what_the_client_is_told_is_stored(client, count_orders):
    response = await client.post("/orders")

    assert response.status_code == 201
    assert await count_orders() == 1


async def test_a_route_that_raises_leaves_nothing(client, count_orders):
    response = await client.post("/orders", params={"fail": True})

    assert response.status_code == 500
    assert await count_orders() == 0


async def test_a_commit_that_fails_is_answered_with_500(
    checked_at_commit, client, count_orders
):
    response = await client.post("/orders")

    assert response.status_code == 500
    assert await count_orders() == 0


@pytest.mark.parametrize("way", ["refused", "lost"])
async def test_a_database_that_is_out_of_reach_is_told_from_a_bug(
    serve, engine, way
):
    app = FastAPI()
    app.state.engine = (
        create_async_engine("postgresql+asyncpg://127.0.0.1:1/x")
        if way == "refused"
        else engine
    )
    install_problem_details(app)

    @app.get("/")
    async def leave(session: RequestSession) -> None:
        await session.execute(
            text("select pg_terminate_backend(pg_backend_pid())")
        )

    async with httpx.AsyncClient(base_url=await serve(app)) as client:
        answer = await client.get("/")
    await app.state.engine.dispose()

    assert answer.status_code == 503


@pytest.fixture
async def late(serve, engine):
    """A service whose routes hand the session to what runs after them."""
    app, refused = FastAPI(), asyncio.Queue()
    app.state.engine = engine

    async def use(session):
        try:
            await session.execute(text("select 1"))
        except InvalidRequestError as error:
            refused.put_nowait(str(error))
            raise

    @app.get("/stream")
    async def stream(session: RequestSession) -> StreamingResponse:
        async def rows() -> AsyncIterator[str]:
            await use(session)
            yield "row"

        return StreamingResponse(rows())

    @app.get("/background")
    async def background(
        session: RequestSession, tasks: BackgroundTasks
    ) -> None:
        tasks.add_task(use, session)

    @app.get("/task")
    async def task(session: RequestSession) -> None:
        async def later() -> None:
            await answered.wait()
            await use(session)

        kept.append(asyncio.create_task(later()))

    kept, answered = [], asyncio.Event()
    address = await serve(app)
    async with httpx.AsyncClient(base_url=address) as client:
        yield client, answered, refused
    await asyncio.gather(*kept, return_exceptions=True)


@pytest.mark.parametrize("way", ["stream", "background", "task"])
async def test_what_runs_after_the_route_may_not_use_its_session(
    late, way, engine
):
    client, answered, refused = late
    with suppress(httpx.RemoteProtocolError):  # a stream that fails
        await client.get(f"/{way}")
    answered.set()

    assert "closed" in await refused.get()
    assert engine.pool.checkedout() == 0
