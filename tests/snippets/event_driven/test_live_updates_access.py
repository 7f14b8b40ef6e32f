"""Who may watch: known orders, and no connection held while they do."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.sse import EventSourceResponse
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.event_driven import (
    live_updates_access,
    live_updates_access_broken,
)
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.outbox import append
from tests.support.twins import fix_and_twin

ORDER = uuid4()
AT_ONCE = 0.05  # seconds that a request waits for a connection

either = fix_and_twin(
    "module",
    live_updates_access,
    live_updates_access_broken,
    "With as many pages open as the pool has connections, "
    "every other request of the service fails",
    raises=PoolTimeoutError,
)


class Service:
    """Two routes that outlast their function, until the test ends them."""

    def __init__(self, engine, module):
        self.app = FastAPI(dependencies=[Depends(module.known_order(engine))])
        self.inside, self.end = asyncio.Event(), asyncio.Event()
        self.app.get(
            "/orders/{order_id}/events", response_class=EventSourceResponse
        )(self.stream)
        self.app.post("/orders/{order_id}/mails")(self.in_the_background)

    async def stream(self):
        yield {"status": "placed"}
        await self.wait()

    async def in_the_background(self, tasks: BackgroundTasks):
        tasks.add_task(self.wait)

    async def wait(self):
        self.inside.set()
        await self.end.wait()

    @asynccontextmanager
    async def calling(self, method, path):
        """A request that has come to where it waits."""
        request = asyncio.create_task(self.call(method, path))
        await self.inside.wait()
        try:
            yield
        finally:
            self.end.set()
            await request

    async def call(self, method, path, order=ORDER):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://shop"
        ) as client:
            return await client.request(method, f"/orders/{order}/{path}")


@pytest.fixture
async def small(engine, asyncpg_url):
    """A pool of one connection; the order has been placed."""
    async with AsyncSession(engine) as session, session.begin():
        await append(
            session,
            EventEnvelope(
                type="order.placed", subject=f"order-{ORDER}", data={}
            ),
        )
    small = create_async_engine(
        asyncpg_url, pool_size=1, max_overflow=0, pool_timeout=AT_ONCE
    )
    yield small
    await small.dispose()


@either
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "events"), ("POST", "mails")]
)
async def test_what_goes_on_after_the_route_holds_no_connection(
    small, module, method, path
):
    service = Service(small, module)
    async with (
        service.calling(method, path),
        AsyncSession(small) as session,
    ):
        await session.connection()


@pytest.mark.parametrize(
    "module", [live_updates_access, live_updates_access_broken]
)
async def test_nobody_watches_an_order_that_is_not_there(small, module):
    service = Service(small, module)
    response = await service.call("GET", "events", uuid4())
    assert response.status_code == 404
