"""Loops: one thing again and again, until it is told to end, and then it ends.

A cancellation that a step swallows ends the loop behind that step. One that a
step raises, though nobody cancelled the loop, is an error like any other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from .background import background
from .own_cancellation import own_cancellation, this_task

logger = logging.getLogger(__name__)

Step = Callable[[], Awaitable[None]]


def repeating(step: Step) -> AbstractAsyncContextManager[None]:
    """Await ``step`` again and again for as long as the block runs.

    What either raises ends both, and comes out as `background` says.
    """
    return background(loop(step))


async def until_cancelled(
    step: Step,
    pause: float,
    message: str,
    *,
    at_once: int = 1,
    survives: type[Exception] = Exception,
) -> None:
    """Await ``step`` again and again, with ``at_once`` under way.

    What it raises is logged if the loop ``survives`` it, and followed by
    ``pause`` seconds, which take the place of ``%s`` in the message. Any other
    error comes out as `background` says.
    """

    async def attempt() -> None:
        try:
            with own_cancellation():
                await step()
        except survives:
            logger.exception(message, pause)
            await asyncio.sleep(pause)

    async with background(*(loop(attempt) for _ in range(at_once))):
        await asyncio.Event().wait()


async def loop(step: Step) -> None:
    """For a task of its own: returns when that is cancelled."""
    task = this_task()
    while not task.cancelling():
        with own_cancellation():
            await step()
