"""One delivery of a message: done, or failed and logged. For bus adapters."""

import asyncio
import logging
from collections.abc import Set

from ..code_style.own_cancellation import apart
from .event_bus import Handler
from .event_envelope import EventEnvelope

logger = logging.getLogger(__name__)


class NotSubscribedError(Exception):
    """Another process of this consumer subscribed to the type, not this one."""


def read(body: bytes, event_types: Set[str]) -> EventEnvelope:
    """The event.

    Raises:
        ValueError: the text is none.
        NotSubscribedError: it is of another type.
    """
    event = EventEnvelope.from_json(body)
    if event.type not in event_types:
        raise NotSubscribedError(event.type)
    return event


async def succeeds(
    body: bytes, event_types: Set[str], handler: Handler, name: str
) -> bool:
    """Whether it is an event of these types and the handler does not raise.

    Extensions written in Rust raise a `BaseException` when they panic: that is
    a failure as well.
    """
    try:
        await apart(handler(read(body, event_types)))
    except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException:
        logger.exception("Not handled: %s", name)
        return False
    return True
