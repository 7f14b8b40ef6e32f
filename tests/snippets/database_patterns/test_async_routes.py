"""Routes and the pool: how many requests at once it takes to stand still."""

import asyncio

import httpx
import pytest
from anyio.to_thread import current_default_thread_limiter
from httpx import ASGITransport
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.database_patterns import async_routes, async_routes_broken
from snippets.database_patterns.models import BuyerRow, InvoiceRow
from tests.support.twins import fix_and_twin

POOL, THREADS = 2, 3
ANN = {"X-Buyer": "ann@example.com"}
DUE = {"EUR": "3.000"}


@pytest.fixture(autouse=True)
async def ann(engine):
    """Owes three euros."""
    async with AsyncSession(engine) as session, session.begin():
        buyer = BuyerRow(email=ANN["X-Buyer"], name="Ann")
        session.add(buyer)
        await session.flush()
        session.add(InvoiceRow(buyer_id=buyer.id, currency="EUR", total=3))


@pytest.fixture(autouse=True)
async def threads():
    """The limit of this event loop, which is this test's."""
    current_default_thread_limiter().total_tokens = THREADS


@pytest.fixture
async def ask(asyncpg_url):
    """``await ask(module, requests)``: the statuses of requests at once."""

    async def ask(module, requests, *, pool=POOL, patience=30, who=ANN):
        options = {
            "pool_size": pool,
            "max_overflow": 0,
            "pool_timeout": patience,
        }
        if module is async_routes:
            engine = create_async_engine(asyncpg_url, **options)
        else:
            engine = create_engine(
                asyncpg_url.replace("asyncpg", "psycopg"), **options
            )
        app = ASGITransport(
            module.invoice_app(engine), raise_app_exceptions=False
        )
        async with httpx.AsyncClient(
            transport=app, base_url="http://shop", headers=who, timeout=60
        ) as client:
            answers = await asyncio.gather(
                *(client.get("/amount-due") for _ in range(requests))
            )
        assert all(
            answer.json() == DUE
            for answer in answers
            if answer.status_code == 200
        )
        if module is async_routes:
            await engine.dispose()
        else:
            engine.dispose()
        return sorted(answer.status_code for answer in answers)

    return ask


@fix_and_twin(
    "module",
    async_routes,
    async_routes_broken,
    "At a peak all requests stand still until the pool's timeout, 30 seconds "
    "by default, and then most of them answer 500",
)
async def test_pool_and_threads_may_all_be_taken(ask, module):
    patience = 30 if module is async_routes else 1  # the twin's is used up

    statuses = await ask(module, POOL + THREADS, patience=patience)

    assert statuses == [200] * (POOL + THREADS)


async def test_with_one_request_less_the_twin_passes(ask):
    requests = POOL + THREADS - 1

    assert await ask(async_routes_broken, requests) == [200] * requests


async def test_as_many_connections_as_threads_only_move_the_edge(ask):
    requests = THREADS + THREADS
    twin = async_routes_broken

    before = await ask(twin, requests - 1, pool=THREADS)
    at_the_edge = await ask(twin, requests, pool=THREADS, patience=1)

    assert before == [200] * (requests - 1)
    assert 500 in at_the_edge


async def test_a_hundred_at_once_take_turns(ask):
    assert await ask(async_routes, 100) == [200] * 100


@pytest.mark.parametrize("module", [async_routes, async_routes_broken])
async def test_a_stranger_is_refused(ask, module):
    stranger = {"X-Buyer": "eve@example.com"}

    assert await ask(module, 1, who=stranger) == [401]
