"""Partitions: order kept within a subject, while subjects go in parallel.

The events of one order always take the same partition, and a partition has one
event in hand at a time.
"""

from collections.abc import AsyncIterator, Sequence, Set
from contextlib import AsyncExitStack, asynccontextmanager
from zlib import crc32

from .event_bus import EventBus, Handler
from .event_envelope import EventEnvelope


class PartitionedBus:
    """Fits the port `EventBus`, over one ordered bus for each partition.

    Order is that of publishing, if one publisher at a time publishes a
    subject's events. An event that fails holds up its partition until it
    succeeds or is dead. The number of partitions is fixed for as long as the
    buses hold events: another number sends a subject another way.
    """

    def __init__(self, partitions: Sequence[EventBus]) -> None:
        if not partitions:
            raise ValueError("There is no partition")
        self._partitions = tuple(partitions)

    def number_of(self, subject: str) -> int:
        """The partition of all events of this subject, in every process."""
        return crc32(subject.encode()) % len(self._partitions)

    async def publish(self, event: EventEnvelope) -> None:
        await self._partitions[self.number_of(event.subject)].publish(event)

    @asynccontextmanager
    async def subscribe(
        self, consumer: str, event_types: Set[str], handler: Handler
    ) -> AsyncIterator[None]:
        async with AsyncExitStack() as subscriptions:
            for partition in self._partitions:
                await subscriptions.enter_async_context(
                    partition.subscribe(consumer, event_types, handler)
                )
            yield
