"""Handler registry: which handler gets which type of event, typed.

One registry a consumer, filled in the composition root before it subscribes.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from .event_bus import Handler
from .event_envelope import EventEnvelope
from .typed_events import Event
from .upcasting import Upcasters

E = TypeVar("E", bound=Event)


class UnknownEventTypeError(Exception):
    """This consumer has no handler for the type."""


class HandlerRegistry:
    """Its `handle` fits the port's `Handler`.

    One handler a type: if there were two and the second failed, the first would
    have to run again. Give the second a consumer of its own.
    """

    def __init__(self, upcasters: Upcasters) -> None:
        self._upcasters = upcasters
        self._handlers: dict[str, Handler] = {}

    def register(
        self, event_class: type[E], handle: Callable[[E], Awaitable[None]]
    ) -> None:
        """Hand events of this class to ``handle``.

        Raises:
            ValueError: the type has a handler already.
        """
        if event_class.type in self._handlers:
            raise ValueError(f"{event_class.type} has a handler already")

        async def validate_and_handle(event: EventEnvelope) -> None:
            await handle(event_class.model_validate(event.data))

        self._handlers[event_class.type] = validate_and_handle

    @property
    def event_types(self) -> frozenset[str]:
        """What to subscribe to."""
        return frozenset(self._handlers)

    async def handle(self, event: EventEnvelope) -> None:
        """Upcast, validate, hand over.

        Raises:
            UnknownEventTypeError: so that the event is not acknowledged unseen.
            UnreadableVersionError: it cannot be made a current one.
            ValidationError: its data does not fit the event class.
        """
        handler = self._handlers.get(event.type)
        if handler is None:
            raise UnknownEventTypeError(event.type)
        await handler(self._upcasters.upcast(event))
