"""A loop in the background of a block: its errors show, and it ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def repeating(step: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Await ``step`` again and again for as long as the block runs.

    What either raises ends both and comes out in an `ExceptionGroup`. Leaving
    the block cancels ``step``. The loop ends even when a library swallows the
    cancellation, as `asyncio.wait_for` of Python 3.11 may when its result
    arrives at that moment: the task still counts the request.
    """

    async def loop() -> None:
        while not task.cancelling():
            await step()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(loop())
        yield
        task.cancel()
