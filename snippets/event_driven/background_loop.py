"""Loops: one thing again and again, until told to end, and then they end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from ..code_style.own_cancellation import apart
from .background import background

logger = logging.getLogger(__name__)

Step = Callable[[], Awaitable[None]]


def repeating(step: Step) -> AbstractAsyncContextManager[None]:
    """Await ``step`` again and again for as long as the block runs.

    What either raises ends both, and comes out as `background` says.
    """

    async def loop() -> None:
        while True:
            await apart(step())

    return background(loop())


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

    async def loop() -> None:
        while True:
            try:
                await apart(step())
            except survives:
                logger.exception(message, pause)
                await asyncio.sleep(pause)

    async with background(*(loop() for _ in range(at_once))):
        await asyncio.Event().wait()
