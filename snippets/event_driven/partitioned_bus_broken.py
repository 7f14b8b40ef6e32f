"""Broken: several workers take events as they come, for throughput."""

from collections.abc import AsyncIterator, Set
from contextlib import AsyncExitStack, asynccontextmanager

from .event_bus import EventBus, Handler
from .event_envelope import EventEnvelope


class CompetingConsumers:
    def __init__(self, bus: EventBus, workers: int) -> None:
        self._bus, self._workers = bus, workers

    async def publish(self, event: EventEnvelope) -> None:
        await self._bus.publish(event)

    @asynccontextmanager
    async def subscribe(
        self, consumer: str, event_types: Set[str], handler: Handler
    ) -> AsyncIterator[None]:
        async with AsyncExitStack() as subscriptions:
            for _ in range(self._workers):
                await subscriptions.enter_async_context(
                    self._bus.subscribe(consumer, event_types, handler)
                )
            yield
