"""Lifetimes with dishka: the same, and what the container refuses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from dishka import Provider, Scope, make_async_container, provide
from dishka.exceptions import NoFactoryError
from dishka.integrations.fastapi import (
    FromDishka,
    inject,
    setup_dishka,
)
from fastapi import APIRouter, FastAPI, HTTPException
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from snippets.architecture_patterns import (
    scopes_dishka,
    scopes_dishka_commit_broken,
)
from snippets.architecture_patterns.scopes_dishka import (
    CacheUrl,
    DatabaseUrl,
    Pools,
    Sessions,
)
from tests.support.twins import fix_and_twin


@pytest.fixture
def app(shop, redis_url):
    return scopes_dishka.create_app(shop, redis_url)


async def test_a_request_uses_the_database_and_the_cache(serve, app):
    async with httpx.AsyncClient(base_url=await serve(app)) as client:
        await client.get("/products/TEA-1")
        response = await client.get("/products/TEA-1")

    assert response.json() == {"price": "4.900", "views": 2}


async def test_a_request_has_one_session_and_the_process_one_client(serve, app):
    sessions, clients = [], []

    @app.get("/pair")
    @inject
    async def pair(
        one: FromDishka[AsyncSession],
        other: FromDishka[AsyncSession],
        cache: FromDishka[Redis],
    ) -> bool:
        sessions.append(one)
        clients.append(cache)
        return one is other

    async with httpx.AsyncClient(base_url=await serve(app)) as client:
        same = [(await client.get("/pair")).json() for _ in range(2)]

    assert same == [True, True]
    assert sessions[0] is not sessions[1]
    assert clients[0] is clients[1]


async def test_at_a_peak_a_command_waits_for_a_connection(redis_url):
    urls = Provider(scope=Scope.APP)
    urls.provide(lambda: "postgresql+asyncpg://", provides=DatabaseUrl)
    urls.provide(lambda: redis_url, provides=CacheUrl)
    container = make_async_container(urls, Pools())

    cache = await container.get(Redis)
    views = await asyncio.gather(*(cache.incr("views") for _ in range(101)))
    await container.close()

    assert max(views) == 101


async def test_a_stopped_process_leaves_no_connection_open(
    shop, redis_url, engine, all_closed, cache_closed
):
    app = scopes_dishka.create_app(shop, redis_url)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://shop"
        ) as client:
            await client.get("/products/TEA-1")
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

    app = scopes_dishka.create_app(shop, redis_url)
    app.include_router(APIRouter(lifespan=failing))
    with pytest.raises(RuntimeError, match="starts later"):
        async with app.router.lifespan_context(app):
            pass
    await engine.dispose()

    await all_closed()
    await cache_closed()


def test_a_missing_factory_is_found_when_the_container_is_made():
    urls = Provider(scope=Scope.APP)
    urls.provide(lambda: "postgresql+asyncpg://", provides=DatabaseUrl)

    with pytest.raises(NoFactoryError, match=CacheUrl.__name__):
        make_async_container(urls, Pools(), Sessions())


def test_an_object_of_the_process_may_not_hold_one_of_a_request():
    class PriceCache:
        def __init__(self, session: AsyncSession) -> None:
            self.session = session

    captive = Provider(scope=Scope.APP)
    captive.provide(PriceCache)
    urls = Provider(scope=Scope.APP)
    urls.provide(lambda: "postgresql+asyncpg://", provides=DatabaseUrl)
    urls.provide(lambda: "redis://", provides=CacheUrl)

    with pytest.raises(NoFactoryError, match="AsyncSession"):
        make_async_container(urls, Pools(), Sessions(), captive)


async def test_what_follows_the_yield_runs_after_the_answer(recorder):
    happened: list[str] = []

    class Resources(Provider):
        @provide(scope=Scope.REQUEST)
        async def resource(self) -> AsyncIterator[int]:
            yield 1
            happened.append("finalised")

    app = FastAPI()
    setup_dishka(make_async_container(Resources()), app)

    @app.get("/")
    @inject
    async def root(_: FromDishka[int]) -> None: ...

    transport = httpx.ASGITransport(recorder(app, happened))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://shop"
    ) as client:
        await client.get("/")

    assert happened == ["answer sent", "finalised"]


@pytest.mark.parametrize("sku", ["%00", "TEA%001", "tea", "X" * 33])
async def test_a_sku_that_no_product_has_never_reaches_the_database(
    serve, app, sku
):
    async with httpx.AsyncClient(base_url=await serve(app)) as client:
        response = await client.get(f"/products/{sku}")

    assert response.status_code == 422


async def test_what_outlives_the_request_may_not_use_its_session(app):
    sessions = []

    @app.get("/kept")
    @inject
    async def keep(session: FromDishka[AsyncSession]) -> None:
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


async def test_the_first_requests_at_once_make_one_engine_and_one_client(
    serve, app
):
    made = []

    @app.get("/made")
    @inject
    async def note(
        engine: FromDishka[AsyncEngine], cache: FromDishka[Redis]
    ) -> None:
        made.append((engine, cache))

    async with httpx.AsyncClient(base_url=await serve(app)) as client:
        await asyncio.gather(*(client.get("/made") for _ in range(20)))

    assert len(made) == 20
    assert len(set(made)) == 1


@pytest.fixture
def orders(serve, engine):
    """A service on the sessions of a provider, with a route that may fail."""

    async def start(sessions):
        pool = Provider(scope=Scope.APP)
        pool.provide(lambda: engine, provides=AsyncEngine)
        app = FastAPI()
        setup_dishka(make_async_container(pool, sessions()), app)

        @app.post("/products")
        @inject
        async def add(
            session: FromDishka[AsyncSession], sku: str, fail: str = ""
        ) -> None:
            await session.execute(
                text("insert into products values (:sku, 1, 'EUR')"),
                {"sku": sku},
            )
            if fail == "refused":
                raise HTTPException(409)
            if fail == "bug":
                raise RuntimeError("a bug")
            await session.commit()

        return httpx.AsyncClient(base_url=await serve(app))

    return start


@fix_and_twin(
    "sessions",
    Sessions,
    scopes_dishka_commit_broken.Sessions,
    "The client is refused with 409, and what the route "
    "wrote before is stored all the same.",
)
async def test_a_request_that_was_refused_leaves_nothing(
    orders, engine, sessions
):
    async with await orders(sessions) as client:
        response = await client.post(
            "/products", params={"sku": "TEA-9", "fail": "refused"}
        )

    assert response.status_code == 409
    assert await skus(engine) == []


async def skus(engine):
    async with engine.connect() as connection:
        return [*await connection.scalars(text("select sku from products"))]


async def test_a_request_with_a_bug_leaves_nothing(orders, engine):
    async with await orders(Sessions) as client:
        response = await client.post(
            "/products", params={"sku": "TEA-9", "fail": "bug"}
        )

    assert response.status_code == 500
    assert await skus(engine) == []


@pytest.mark.parametrize(
    "sessions", [Sessions, scopes_dishka_commit_broken.Sessions]
)
async def test_a_request_that_succeeds_is_stored(orders, engine, sessions):
    async with await orders(sessions) as client:
        await client.post("/products", params={"sku": "TEA-9"})

    assert await skus(engine) == ["TEA-9"]
