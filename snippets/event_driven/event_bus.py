"""Event bus port: what publishers and consumers need of any bus."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from .event_envelope import EventEnvelope

Handler = Callable[[EventEnvelope], Awaitable[None]]


class EventBus(Protocol):
    """Delivers each event at least once to each consumer group."""

    async def publish(self, event: EventEnvelope) -> None:
        """Return when the bus has taken over responsibility for the event."""
        ...

    async def subscribe(
        self, consumer: str, event_type: str, handler: Handler
    ) -> None:
        """Hand events of ``event_type`` to ``handler``, from now on.

        Processes that subscribe as the same ``consumer`` share the events.
        An event whose handler raises is delivered again.
        """
        ...
