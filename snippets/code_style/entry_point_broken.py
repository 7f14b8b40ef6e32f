"""Broken: asks for a loop that only the main thread was ever given."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable

Settle = Callable[[str], Coroutine[None, None, int]]


def settle_batches(batches: Iterable[str], settle: Settle) -> int:
    loop = asyncio.get_event_loop()
    return sum(loop.run_until_complete(settle(batch)) for batch in batches)
