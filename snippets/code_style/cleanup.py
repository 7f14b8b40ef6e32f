"""Cleanup that awaits: units go back whatever ends the block, even twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio
from redis.asyncio import Redis

CLEANUP = timedelta(seconds=5)


@asynccontextmanager
async def held(redis: Redis, sku: str, quantity: int) -> AsyncIterator[None]:
    """Hold units while the block runs; give them back if it does not finish.

    A crash of the process gives nothing back: that takes an expiry.
    """
    await redis.decrby(f"stock:{sku}", quantity)
    finished = False
    try:
        yield
        finished = True
    finally:
        if not finished:
            await to_the_end(redis.incrby(f"stock:{sku}", quantity))


async def to_the_end(
    cleanup: Awaitable[object], within: timedelta = CLEANUP
) -> None:
    """Await `cleanup` to its end, however often the caller is cancelled.

    It holds off asyncio's `Task.cancel()` and the scopes of anyio, which
    cancel at every `await` again. The cancellation is raised afterwards, or in
    its place the error of a cleanup that failed: TimeoutError when it takes
    longer, RuntimeError when the cleanup was cancelled and its caller was not.
    `asyncio.run` ends a cleanup that is left when its main coroutine returns.
    """
    seconds = within.total_seconds()
    task = asyncio.ensure_future(asyncio.wait_for(cleanup, seconds))
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError as error:
                cancelled = error
    if task.cancelled() and cancelled is None:
        raise RuntimeError("The cleanup was cancelled")
    task.result()
    if cancelled:
        raise cancelled
