"""The same two lifetimes with dishka: scopes are declared, then checked.

`Scope.APP` lives as long as the container, `Scope.REQUEST` as long as one
request. The container checks the whole graph when it is made: a missing
factory, or an APP object that wants a REQUEST object, fails at start-up.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, NewType

from dishka import Provider, Scope, make_async_container, provide
from dishka.integrations.fastapi import DishkaRoute, FromDishka, setup_dishka
from fastapi import APIRouter, FastAPI, Path
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .database_url import asyncpg_engine

ONCE = Retry(NoBackoff(), 0)  # after a lost reply, INCR would count twice

DatabaseUrl = NewType("DatabaseUrl", str)
CacheUrl = NewType("CacheUrl", str)
Sku = Annotated[str, Path(pattern=r"^[A-Z0-9-]{1,32}$")]


class Pools(Provider):
    """One each for the process."""

    scope = Scope.APP

    @provide
    async def engine(self, url: DatabaseUrl) -> AsyncIterator[AsyncEngine]:
        engine = asyncpg_engine(url)
        yield engine
        await engine.dispose()

    @provide
    async def cache(self, url: CacheUrl) -> AsyncIterator[Redis]:
        waiting = BlockingConnectionPool.from_url(
            url, timeout=2, socket_timeout=2, retry=ONCE
        )
        async with Redis.from_pool(waiting) as cache:
            yield cache


class Sessions(Provider):
    """One for each request, which commits itself: this only closes."""

    scope = Scope.REQUEST

    @provide
    async def session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine, close_resets_only=False) as session:
            yield session


router = APIRouter(route_class=DishkaRoute)


@router.get("/products/{sku}")
async def show_product(
    sku: Sku, session: FromDishka[AsyncSession], cache: FromDishka[Redis]
) -> dict[str, str | int | None]:
    """Ask for types; dishka fills them by scope."""
    price = await session.scalar(
        text("select price::text from products where sku = :sku"), {"sku": sku}
    )
    return {"price": price, "views": await cache.incr(f"views:{sku}")}


def create_app(database_url: str, cache_url: str) -> FastAPI:
    """The service; closing the container closes what APP holds."""
    settings = Provider(scope=Scope.APP)
    settings.provide(lambda: database_url, provides=DatabaseUrl)
    settings.provide(lambda: cache_url, provides=CacheUrl)
    container = make_async_container(settings, Pools(), Sessions())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await container.close()

    app = FastAPI(lifespan=lifespan)
    app.include_router(router)
    setup_dishka(container, app)
    return app
