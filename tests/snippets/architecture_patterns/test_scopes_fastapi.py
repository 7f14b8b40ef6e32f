"""Lifetimes with FastAPI: one client a process, one session a request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from redis.asyncio import Redis
from redis.exceptions import MaxConnectionsError
from sqlalchemy import text
from sqlalchemy.exc import InvalidRequestError

from snippets.architecture_patterns import (
    scopes_fastapi,
    scopes_fastapi_client_broken,
)
from snippets.architecture_patterns.scopes_fastapi import Cache, Session
from tests.support.twins import fix_and_twin

REQUESTS = 20


async def connections_that_count_views(redis_url, ready):
    """The connections by which this database gets its INCR commands."""
    database, seen = redis_url.rpartition("/")[2], []
    async with (
        Redis.from_url(redis_url) as admin,
        admin.monitor() as monitor,
    ):
        ready.set()
        while len(seen) < REQUESTS:
            command = await monitor.next_command()
            if str(command["db"]) == database and command["command"].startswith(
                "INCR"
            ):
                seen.append((command["client_address"], command["client_port"]))
    return set(seen)


either = fix_and_twin(
    "module",
    scopes_fastapi,
    scopes_fastapi_client_broken,
    "Twenty requests open twenty connections to Valkey; "
    "at a peak it refuses more.",
)


@either
async def test_all_requests_share_the_connections_of_the_process(
    serve, shop, redis_url, module
):
    ready = asyncio.Event()
    watching = asyncio.create_task(
        connections_that_count_views(redis_url, ready)
    )
    await ready.wait()
    address = await serve(module.create_app(shop, redis_url))

    async with httpx.AsyncClient(base_url=address) as client:
        for number in range(REQUESTS):
            response = await client.get("/products/TEA-1")
            assert response.json()["views"] == number + 1

    assert len(await watching) == 1


async def test_a_request_uses_the_database_and_the_cache(
    serve, shop, redis_url
):
    address = await serve(scopes_fastapi.create_app(shop, redis_url))
    async with httpx.AsyncClient(base_url=address) as client:
        response = await client.get("/products/TEA-1")

    assert response.json() == {"price": "4.900", "views": 1}


async def test_a_request_has_one_session_and_no_other_request_has_it(
    serve, shop, redis_url
):
    app = scopes_fastapi.create_app(shop, redis_url)
    sessions = []

    @app.get("/pair")
    async def pair(one: Session, other: Session) -> bool:
        sessions.append(one)
        return one is other

    async with httpx.AsyncClient(base_url=await serve(app)) as client:
        same = [(await client.get("/pair")).json() for _ in range(2)]

    assert same == [True, True]
    assert sessions[0] is not sessions[1]


async def test_the_cache_is_the_same_in_every_request(serve, shop, redis_url):
    app = scopes_fastapi.create_app(shop, redis_url)
    clients = []

    @app.get("/client")
    async def client_of(cache: Cache) -> None:
        clients.append(cache)

    async with httpx.AsyncClient(base_url=await serve(app)) as client:
        await client.get("/client")
        await client.get("/client")

    assert clients[0] is clients[1]


async def test_at_a_peak_a_command_waits_for_a_connection(shop, redis_url):
    app = scopes_fastapi.create_app(shop, redis_url)
    async with app.router.lifespan_context(app):
        cache = app.state.pools.cache
        views = await asyncio.gather(*(cache.incr("views") for _ in range(101)))

    assert max(views) == 101


async def test_by_default_the_command_that_is_one_too_many_fails(redis_url):
    async with Redis.from_url(redis_url) as cache:
        outcomes = await asyncio.gather(
            *(cache.incr("views") for _ in range(101)), return_exceptions=True
        )

    assert isinstance(outcomes[-1], MaxConnectionsError)


async def test_a_stopped_process_leaves_no_connection_open(
    shop, redis_url, engine, all_closed, cache_closed
):
    app = scopes_fastapi.create_app(shop, redis_url)
    async with app.router.lifespan_context(app):
        pools = app.state.pools
        await pools.cache.ping()
        await (await pools.engine.connect()).close()
    await engine.dispose()

    await all_closed()
    await cache_closed()


async def test_a_start_that_fails_later_leaves_no_connection_open(
    shop, redis_url, engine, all_closed, cache_closed
):
    @asynccontextmanager
    async def failing(_: FastAPI) -> AsyncIterator[None]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://shop"
        ) as client:
            await client.get("/products/TEA-1")
        raise RuntimeError("a part that starts later")
        yield

    app = scopes_fastapi.create_app(shop, redis_url)
    app.include_router(APIRouter(lifespan=failing))
    with pytest.raises(RuntimeError, match="starts later"):
        async with app.router.lifespan_context(app):
            pass
    await engine.dispose()

    await all_closed()
    await cache_closed()


@pytest.mark.parametrize(
    ("scope", "order"),
    [
        ("request", ["answer sent", "finalised"]),
        ("function", ["finalised", "answer sent"]),
    ],
)
async def test_the_scope_says_when_what_follows_the_yield_runs(
    recorder, scope, order
):
    happened: list[str] = []

    async def resource() -> AsyncIterator[None]:
        yield
        happened.append("finalised")

    app = FastAPI()

    @app.get("/")
    async def root(_: Annotated[None, Depends(resource, scope=scope)]) -> None:
        pass

    transport = httpx.ASGITransport(recorder(app, happened))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://shop"
    ) as client:
        await client.get("/")

    assert happened == order


def test_a_longer_scope_may_not_depend_on_a_shorter_one():
    async def short() -> AsyncIterator[None]:
        yield

    async def long(
        _: Annotated[None, Depends(short, scope="function")],
    ) -> AsyncIterator[None]:
        yield

    app = FastAPI()

    with pytest.raises(
        Exception, match='cannot depend on dependencies with scope "function"'
    ):

        @app.get("/")
        async def root(_: Annotated[None, Depends(long)]) -> None: ...


@pytest.mark.parametrize("sku", ["%00", "TEA%001", "tea", "X" * 33])
async def test_a_sku_that_no_product_has_never_reaches_the_database(
    serve, shop, redis_url, sku
):
    address = await serve(scopes_fastapi.create_app(shop, redis_url))
    async with httpx.AsyncClient(base_url=address) as client:
        response = await client.get(f"/products/{sku}")

    assert response.status_code == 422


async def test_what_outlives_the_request_may_not_use_its_session(
    shop, redis_url
):
    app = scopes_fastapi.create_app(shop, redis_url)
    sessions = []

    @app.get("/kept")
    async def keep(session: Session) -> None:
        await session.execute(text("select 1"))
        sessions.append(session)

    transport = httpx.ASGITransport(app)  # returns when the request has ended
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://shop"
        ) as client,
    ):
        await client.get("/kept")

        with pytest.raises(InvalidRequestError, match="closed"):
            await sessions[0].execute(text("select 1"))


async def test_a_route_commits_what_a_dependency_began(
    serve, shop, redis_url, engine
):
    app = scopes_fastapi.create_app(shop, redis_url)

    async def product_is_sold(session: Session) -> None:
        await session.execute(text("select sku from products"))

    @app.put("/price", dependencies=[Depends(product_is_sold)])
    async def change(session: Session) -> None:
        await session.execute(text("update products set price = 5"))
        await session.commit()

    @app.put("/begin", dependencies=[Depends(product_is_sold)])
    async def begin(session: Session) -> str:
        with pytest.raises(InvalidRequestError) as refusal:
            async with session.begin():
                pass
        return str(refusal.value)

    async with httpx.AsyncClient(base_url=await serve(app)) as client:
        assert (await client.put("/price")).status_code == 200
        assert "already begun" in (await client.put("/begin")).text
    async with engine.connect() as connection:
        prices = await connection.scalars(text("select price from products"))
        assert set(prices) == {5}
