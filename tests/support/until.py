"""Waiting for what another process, thread or task does.

Each wait pauses between two looks, so that it leaves the processor to what it
waits for, and ends before pytest's limit does it for all.
"""

import asyncio
import inspect
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.01  # seconds
PATIENCE = 40.0  # seconds; pytest's limit is 60


def until(
    look: Callable[[], T],
    process: subprocess.Popen | None = None,
    patience: float = PATIENCE,
) -> T:
    """What ``look`` returns, once it is true.

    Raises:
        TimeoutError: it did not become so, or ``process``, which should make
            it so, has ended.
    """
    for _ in _pauses(process, patience):
        if found := look():
            return found
        time.sleep(PAUSE)
    raise AssertionError


async def async_until(
    look: Callable[[], Awaitable[T] | T],
    process: subprocess.Popen | None = None,
    patience: float = PATIENCE,
) -> T:
    """The same for what an event loop does; ``look`` may be a coroutine's."""
    for _ in _pauses(process, patience):
        found = look()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        await asyncio.sleep(PAUSE)
    raise AssertionError


def _pauses(
    process: subprocess.Popen | None, patience: float
) -> Iterator[None]:
    """One for each look; the last is taken after the end."""
    deadline = time.monotonic() + patience
    ended = late = False
    while not (ended or late):
        ended = process is not None and process.poll() is not None
        late = time.monotonic() > deadline
        yield
    if not ended:
        raise TimeoutError(f"waited in vain for {patience} s")
    said = process.stderr.read() if process.stderr else ""
    raise TimeoutError(f"{process.args} ended: {process.returncode} {said}")
