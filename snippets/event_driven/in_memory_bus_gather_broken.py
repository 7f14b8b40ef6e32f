"""Broken: one failing handler must not stop the others, so errors are eaten."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager

from .event_bus import Handler
from .event_envelope import EventEnvelope


class InMemoryBus:
    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = defaultdict(list)

    async def publish(self, event: EventEnvelope) -> None:
        await asyncio.gather(
            *[handler(event) for handler in self._handlers[event.type]],
            return_exceptions=True,
        )

    @asynccontextmanager
    async def subscribe(
        self, consumer: str, event_types: Set[str], handler: Handler
    ) -> AsyncIterator[None]:
        for event_type in event_types:
            self._handlers[event_type].append(handler)
        yield
        for event_type in event_types:
            self._handlers[event_type].remove(handler)
