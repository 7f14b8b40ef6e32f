"""Notice when RabbitMQ cancels a consumer, as it does when a queue is deleted.

aio-pika (10.2) logs it, and waits in silence for somebody to declare the queue.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractRobustChannel

from .background_loop import repeating


class ConsumerCancelledError(Exception):
    """The broker has stopped this consumer: its queue is gone."""


@asynccontextmanager
async def watched(
    channel: AbstractRobustChannel, every: float = 1.0
) -> AsyncIterator[None]:
    """End the block when a consumer of the channel was cancelled.

    Looks every so many seconds, since a new connection is a new channel.

    Raises:
        ExceptionGroup: of one `ConsumerCancelledError`.
    """
    cancelled = asyncio.Event()

    async def note(_: object) -> None:
        cancelled.set()

    async def look() -> None:
        if cancelled.is_set():
            raise ConsumerCancelledError
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(note)
        await asyncio.sleep(every)

    async with repeating(look):
        yield
