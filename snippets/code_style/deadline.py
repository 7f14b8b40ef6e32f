"""A deadline for another party's answer, and its translation."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar

from .errors import ExternalApiError

T = TypeVar("T")


async def answered(call: Awaitable[T], service: str, within: timedelta) -> T:
    """The answer, if it comes in time; the call is cancelled if it does not.

    And then awaited, for as long as it cleans up. One that swallows its
    cancellation is not cut off: what it returns late is returned.

    Raises:
        ExternalApiError: no answer in time, or an OSError such as a refused
            connection. Whether the other party acted is unknown: repeat only
            what is idempotent.
    """
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await call
    except OSError as error:  # TimeoutError and ConnectionError are OSErrors
        raise ExternalApiError(
            f"{service} did not answer",
            service=service,
            within_seconds=within.total_seconds(),
        ) from error
