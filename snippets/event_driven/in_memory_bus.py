"""In-memory bus: for a process that is its own publisher and consumer."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager

from ..code_style.own_cancellation import StrayCancellationError
from .event_bus import Handler, check_subscription
from .event_envelope import EventEnvelope

Subscription = tuple[Set[str], Handler]


class InMemoryBus:
    """Fits the port `EventBus`. Delivers at most once, inside `publish`.

    Nothing is stored, so nothing is delivered again: a failure is the
    publisher's to handle. Handlers of one event run concurrently.
    """

    def __init__(self) -> None:
        self._consumers: dict[str, deque[Subscription]] = {}

    async def publish(self, event: EventEnvelope) -> None:
        """Return when every consumer has handled the event.

        Raises:
            ExceptionGroup: what handlers raised, after all were tried.
        """
        outcomes = await asyncio.gather(
            *[handler(event) for handler in self._handlers_of(event.type)],
            return_exceptions=True,
        )
        errors = [
            StrayCancellationError(*each.args)
            if isinstance(each, asyncio.CancelledError)
            else each
            for each in outcomes
            if isinstance(each, BaseException)
        ]
        if errors:
            raise BaseExceptionGroup(f"{event.type} {event.id}", errors)

    def _handlers_of(self, event_type: str) -> list[Handler]:
        handlers = []
        for subscriptions in self._consumers.values():
            subscriptions.rotate(-1)  # those of one consumer take turns
            for event_types, handler in subscriptions:
                if event_type in event_types:
                    handlers.append(handler)
                    break
        return handlers

    @asynccontextmanager
    async def subscribe(
        self, consumer: str, event_types: Set[str], handler: Handler
    ) -> AsyncIterator[None]:
        check_subscription(consumer, event_types)
        subscription = (event_types, handler)
        subscriptions = self._consumers.setdefault(consumer, deque())
        subscriptions.append(subscription)
        try:
            yield
        finally:
            subscriptions.remove(subscription)
