"""Broken: builds the cache client, and so its pool, for each request."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from redis.asyncio import Redis


async def get_cache(request: Request) -> AsyncIterator[Redis]:
    async with Redis.from_url(request.app.state.cache_url) as cache:
        yield cache


async def show_product(
    sku: str, cache: Annotated[Redis, Depends(get_cache)]
) -> dict[str, int]:
    return {"views": await cache.incr(f"views:{sku}")}


def create_app(database_url: str, cache_url: str) -> FastAPI:
    app = FastAPI()
    app.state.cache_url = cache_url
    app.get("/products/{sku}")(show_product)
    return app
