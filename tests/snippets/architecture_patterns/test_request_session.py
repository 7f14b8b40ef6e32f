"""One session a request: committed before the answer, or not at all."""

from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from snippets.architecture_patterns.request_session import RequestSession
from snippets.architecture_patterns.tables import OrderRow


@pytest.fixture
async def client(serve, engine):
    app = FastAPI()
    app.state.engine = engine

    @app.post("/orders", status_code=201)
    async def place(session: RequestSession, fail: bool = False) -> None:
        session.add(OrderRow(id=uuid4(), customer_id=uuid4(), status="placed"))
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
