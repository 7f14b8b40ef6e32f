"""Unwrap at the border: callers need not know that work ran concurrently."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import TypeVar

from .errors import DomainError, InfrastructureError
from .own_cancellation import apart

E = TypeVar("E", bound=Exception)
Reserve = Callable[[str], Coroutine[None, None, None]]


async def reserve_all(skus: Iterable[str], reserve: Reserve) -> None:
    """Reserve every SKU at once, or raise one error, as a loop would.

    A failure goes before a refusal: "sold out" is final, "try again" is not.
    Any other error is a bug and leaves as the ExceptionGroup it is. A caller
    who is cancelled stops, even in the moment of a refusal.
    """

    async def together() -> None:
        async with asyncio.TaskGroup() as group:
            for sku in skus:
                group.create_task(reserve(sku))

    refusal: DomainError | None = None
    failure: InfrastructureError | None = None
    try:
        await apart(together())
    except* DomainError as refusals:
        refusal = first(refusals)
    except* InfrastructureError as failures:
        failure = first(failures)
    if error := failure or refusal:
        raise error


def first(group: ExceptionGroup[E]) -> E:
    """The first error that is not a group itself."""
    error = group.exceptions[0]
    return first(error) if isinstance(error, ExceptionGroup) else error
