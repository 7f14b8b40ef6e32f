"""A loop in the background of a block: its errors show, and it ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def repeating(step: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Await ``step`` again and again for as long as the block runs.

    What ``step`` raises ends the block; what either raises comes out of it in an
    `ExceptionGroup`. Leaving the block cancels ``step``. The loop ends even when a library swallows
    the cancellation, as `asyncio.wait_for` of Python 3.11 may (gh-86296); the
    request to cancel is still counted.
    """

    async def loop() -> None:
        while not task.cancelling():
            await step()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(loop())
        yield
        task.cancel()
