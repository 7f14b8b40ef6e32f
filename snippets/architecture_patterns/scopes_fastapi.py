"""Two lifetimes with FastAPI alone: what lives as long as the process, and
what lives as long as a request.

The lifespan holds the pools (database engine, Valkey client). A dependency
with `yield` holds the session; FastAPI calls it once a request, however many
others depend on it, and closes it after the response.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Request
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .database_url import asyncpg_engine

ONCE = Retry(NoBackoff(), 0)  # after a lost reply, INCR would count twice


@dataclass(frozen=True)
class Pools:
    """Made when the process starts, closed when it stops."""

    engine: AsyncEngine
    cache: Redis


def get_cache(request: Request) -> Redis:
    """The one client of the process."""
    pools: Pools = request.app.state.pools
    return pools.cache


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """A session of this request, which calls ``commit`` itself: this only
    closes. The first statement, here or in another dependency, began.
    """
    pools: Pools = request.app.state.pools
    async with AsyncSession(pools.engine, close_resets_only=False) as session:
        yield session


Cache = Annotated[Redis, Depends(get_cache)]
Session = Annotated[AsyncSession, Depends(get_session)]
Sku = Annotated[str, Path(pattern=r"^[A-Z0-9-]{1,32}$")]


async def show_product(
    sku: Sku, session: Session, cache: Cache
) -> dict[str, str | int | None]:
    """Ask for types; their lifetimes are declared above."""
    price = await session.scalar(
        text("select price::text from products where sku = :sku"), {"sku": sku}
    )
    return {"price": price, "views": await cache.incr(f"views:{sku}")}


def create_app(database_url: str, cache_url: str) -> FastAPI:
    """The service; the stack closes the pools, the last one first."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            engine = asyncpg_engine(database_url)
            stack.push_async_callback(engine.dispose)
            waiting = BlockingConnectionPool.from_url(
                cache_url, timeout=2, socket_timeout=2, retry=ONCE
            )
            cache = await stack.enter_async_context(Redis.from_pool(waiting))
            app.state.pools = Pools(engine, cache)
            yield

    app = FastAPI(lifespan=lifespan)
    app.get("/products/{sku}")(show_product)
    return app
