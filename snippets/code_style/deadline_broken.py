"""Broken: inside the block there is no TimeoutError yet to be caught."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar

from .errors import ExternalApiError

T = TypeVar("T")


async def answered(call: Awaitable[T], service: str, within: timedelta) -> T:
    async with asyncio.timeout(within.total_seconds()):
        try:
            return await call
        except OSError as error:
            raise ExternalApiError(f"{service} did not answer") from error
