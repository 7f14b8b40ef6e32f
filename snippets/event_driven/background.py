"""Background of a block: what runs there ends with it, and never in silence."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, cast

from ..code_style.own_cancellation import AGAIN, StrayCancellationError, end

logger = logging.getLogger(__name__)


class LoopEndedError(Exception):
    """A loop returned, or was cancelled by somebody else."""


@asynccontextmanager
async def background(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run ``loops`` while the block runs.

    When one ends, for whatever reason, so do the others and the block, which is
    cancelled every half second until it has.

    Raises:
        CancelledError: the block was cancelled from outside; errors are logged.
        ExceptionGroup: every error, those of cleaning up last.
        ValueError: there is no loop.
    """
    if not loops:
        raise ValueError("Nothing would run")
    block = cast("asyncio.Task[Any]", asyncio.current_task())
    requests = block.cancelling()
    tasks = [asyncio.create_task(loop) for loop in loops]
    interrupts = 0

    async def interrupt_when_one_ends() -> None:
        nonlocal interrupts
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        while True:
            interrupts += 1
            block.cancel()
            await asyncio.sleep(AGAIN)

    guard = asyncio.create_task(interrupt_when_one_ends())
    raised: list[Exception] = []
    cancelled: asyncio.CancelledError | None = None
    try:
        yield
    except asyncio.CancelledError as error:
        if not interrupts and block.cancelling() == requests:
            raised = [StrayCancellationError(*error.args)]
        elif not interrupts:
            cancelled = error
    except Exception as error:  # noqa: BLE001 - is raised below
        raised = [error]
    early = [task for task in tasks if task.done()]
    try:
        await end([guard, *tasks])
    except asyncio.CancelledError as error:
        cancelled = error
    for _ in range(interrupts):
        block.uncancel()
    errors = [error_of(task) or LoopEndedError(task) for task in early]
    errors += raised
    errors += filter(None, map(error_of, set(tasks).difference(early)))
    if cancelled:
        for each in errors:
            logger.error("Cancelled, with an error", exc_info=each)
        raise cancelled
    if errors:
        raise BaseExceptionGroup("In a block or its background", errors)


def error_of(task: asyncio.Task[None]) -> BaseException | None:
    """What a task that has ended raised, unless it was cancelled."""
    return None if task.cancelled() else task.exception()
