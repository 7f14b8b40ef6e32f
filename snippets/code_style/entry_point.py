"""One entry to asyncio a thread, and it owns its loop from first to last."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable

Settle = Callable[[str], Coroutine[None, None, int]]


def settle_batches(batches: Iterable[str], settle: Settle) -> int:
    """Settle each batch, on one loop; from any thread that runs no loop.

    For a single coroutine, `asyncio.run` does the same.
    """
    with asyncio.Runner() as runner:
        return sum(runner.run(settle(batch)) for batch in batches)
