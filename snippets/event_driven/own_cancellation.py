"""Whose cancellation? `CancelledError` also comes of what others cancelled.

Awaiting a task, a future or a pool that somebody else cancelled raises
`CancelledError` as if one's own task were to stop. A worker that takes it for
that ends in silence. `Task.cancelling()` tells: it counts the requests.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


class StrayCancellationError(Exception):
    """What was called was cancelled, and nobody had cancelled the caller."""


def this_task() -> asyncio.Task[Any]:
    """The task in which a coroutine runs."""
    return cast("asyncio.Task[Any]", asyncio.current_task())


@contextmanager
def own_cancellation() -> Iterator[None]:
    """Let out of the block a cancellation of this task, and no other's.

    Raises:
        StrayCancellationError: in place of another's `CancelledError`.
    """
    task = this_task()
    requests = task.cancelling()
    try:
        yield
    except asyncio.CancelledError as error:
        if task.cancelling() > requests:
            raise
        raise StrayCancellationError(*error.args) from error
