"""Event bus port: what publishers and consumers need of any bus."""

import re
from collections.abc import Awaitable, Callable, Set
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from .event_envelope import EventEnvelope, is_event_type

Handler = Callable[[EventEnvelope], Awaitable[None]]


class EventNotPublishedError(Exception):
    """The bus may not hold the event. Publish it again, with the same id."""


def check_subscription(consumer: str, event_types: Set[str]) -> None:
    """What each adapter does first: brokers would take it another way.

    Raises:
        ValueError: it is no consumer's name, or these are no event types.
    """
    if not re.fullmatch(r"[\w-]{1,100}", consumer, re.ASCII):
        raise ValueError(f"Not the name of a consumer: {consumer!r:.300}")
    if not event_types or not all(map(is_event_type, event_types)):
        raise ValueError(f"Not a set of event types: {event_types!r:.300}")


class EventBus(Protocol):
    """Hands each event to each consumer that subscribed before it.

    A *consumer* is a name, such as ``stock``. Processes that subscribe under
    one name share its events; another name gets them as well.

    A durable bus (NATS JetStream, RabbitMQ, Redis streams) delivers **at least
    once**: an event comes again if its handler raised, was cancelled or died,
    and goes to the consumer's dead letters once it has failed too often. The
    in-memory bus delivers at most once and raises the failure to the publisher.

    No bus promises order unless its adapter says so, and none promises once.
    """

    async def publish(self, event: EventEnvelope) -> None:
        """Return when the bus holds the event.

        Raises:
            EventNotPublishedError: it may not.
        """
        ...

    def subscribe(
        self, consumer: str, event_types: Set[str], handler: Handler
    ) -> AbstractAsyncContextManager[None]:
        """Hand events of these types to ``handler`` inside the block.

        Entered, the subscription exists: events published from here on arrive,
        also those published while nobody is in a block of this consumer. A
        failure that ends the subscription ends the block with an
        `ExceptionGroup`. Leaving it cancels a running handler, whose event is
        delivered again.

        ``consumer`` consists of up to 100 letters, digits, ``-`` and ``_``. Its
        event types only grow: what one process subscribed to, another cannot
        take away, so an older one gets events that it does not know; it must
        raise.

        Raises:
            ValueError: ``consumer`` is no such name, or ``event_types`` is
                empty, or one of them is none.
        """
        ...
