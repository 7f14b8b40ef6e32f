"""Background of a block: what runs there ends with it, and never in silence.

What is to end is cancelled every half second until it has: a library may
swallow a cancellation, as `asyncio.wait_for` of Python 3.11 does when its
result arrives at that moment. Cleaning up that takes longer must be shielded.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from .own_cancellation import StrayCancellationError, this_task

logger = logging.getLogger(__name__)

AGAIN = 0.5  # seconds


class LoopEndedError(Exception):
    """A loop returned, or was cancelled by somebody else."""


@asynccontextmanager
async def background(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run ``loops`` while the block runs.

    When one ends, for whatever reason, so do the others and the block.

    Raises:
        CancelledError: the block was cancelled; errors are logged.
        ExceptionGroup: every error, those of cleaning up last.
    """
    block = this_task()
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
    raised: Exception | asyncio.CancelledError | None = None
    try:
        yield
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - below
        raised = error
    finally:
        early = [task for task in tasks if task.done()]
        await end({guard, *tasks})
        for _ in range(interrupts):
            block.uncancel()
    was_cancelled = block.cancelling() > requests
    errors = [error_of(task) or LoopEndedError(task) for task in early]
    if isinstance(raised, Exception):
        errors.append(raised)
    elif raised and not interrupts and not was_cancelled:
        errors.append(StrayCancellationError(*raised.args))
    late = map(error_of, set(tasks).difference(early))
    errors += filter(None, late)
    if was_cancelled:
        for each in errors:
            logger.error("Cancelled, with an error", exc_info=each)
        raise asyncio.CancelledError
    if errors:
        raise BaseExceptionGroup("In a block or its background", errors)


async def end(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel them until they have ended, even if the caller is cancelled."""
    while tasks := {task for task in tasks if not task.done()}:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):  # `cancelling` has counted it
            await asyncio.wait(tasks, timeout=AGAIN)


def error_of(task: asyncio.Task[None]) -> BaseException | None:
    """What a task that has ended raised, unless it was cancelled."""
    return None if task.cancelled() else task.exception()
