"""Whose cancellation? `CancelledError` also comes of what others cancelled.

Whoever awaits a task, a future or a pool that somebody else cancelled gets it,
as if to be told to stop; a worker that obeys ends in silence. And whoever *is*
told to stop may miss it: `asyncio.wait_for` of Python 3.11 swallows it when its
result arrives at that moment, `TaskGroup` before 3.13 when a task has failed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Collection
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")

AGAIN = 0.5  # seconds
FAILURES = (Exception, asyncio.CancelledError)


class StrayCancellationError(Exception):
    """What was awaited was cancelled, and whoever awaited it was not."""


async def apart(work: Awaitable[T]) -> T:
    """Await ``work`` in a task of its own, which keeps the two apart.

    A cancellation of the caller is never lost: it ends ``work``, see `end`, and
    is raised; what else ``work`` raised is logged.

    Raises:
        StrayCancellationError: ``work`` was cancelled by others, or itself.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        await end({task})
        if not task.cancelled() and (failure := task.exception()):
            logger.exception("It failed, and was cancelled", exc_info=failure)
        raise
    try:
        return task.result()
    except asyncio.CancelledError as error:
        raise StrayCancellationError(*error.args) from error
    except BaseExceptionGroup as group:
        if isinstance(group, Exception) or group.split(FAILURES)[1]:
            raise
        raise StrayCancellationError(str(group)) from group


async def end(tasks: Collection[asyncio.Future[Any]]) -> None:
    """Cancel ``tasks`` every half second until all have ended.

    Cleaning up that takes longer must be shielded. A cancellation of the caller
    is raised afterwards.
    """
    cancelled: asyncio.CancelledError | None = None
    while running := {task for task in tasks if not task.done()}:
        for task in running:
            task.cancel()
        try:
            await asyncio.wait(running, timeout=AGAIN)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled
