"""Broken: a plain `except` around a TaskGroup never sees the error inside."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from .errors import ConflictError, InsufficientStockError

Reserve = Callable[[str], Coroutine[None, None, None]]


async def reserve_all(skus: Sequence[str], reserve: Reserve) -> None:
    try:
        if len(skus) == 1:
            await reserve(skus[0])
        else:
            async with asyncio.TaskGroup() as group:
                for sku in skus:
                    group.create_task(reserve(sku))
    except InsufficientStockError as error:
        raise ConflictError(f"Order less: {error}") from error
