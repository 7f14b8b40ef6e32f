"""Broken: of a refusal and a cancellation at once, only the refusal gets out."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable

from .errors import DomainError
from .except_star import first

Reserve = Callable[[str], Coroutine[None, None, None]]


async def reserve_all(skus: Iterable[str], reserve: Reserve) -> None:
    refusal: DomainError | None = None
    try:
        async with asyncio.TaskGroup() as group:
            for sku in skus:
                group.create_task(reserve(sku))
    except* DomainError as refusals:
        refusal = first(refusals)
    if refusal:
        raise refusal
