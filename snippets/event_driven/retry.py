"""Retry with delay: an event that fails is kept, and tried again later.

The later events of its subject wait behind it; all others go on. After
``attempts`` it is a dead letter, for an operator (`replay`).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ..code_style.own_cancellation import apart
from .background_loop import until_cancelled
from .event_bus import Handler
from .event_envelope import EventEnvelope
from .full_jitter import full_jitter
from .retry_store import RetryStore
from .retry_table import RetryRow

logger = logging.getLogger(__name__)


class UnprocessableEventError(Exception):
    """Raised by a handler for an event that no retry will help."""


@dataclass(frozen=True, kw_only=True)
class RetryingConsumer:
    """A handler for any bus, around ``handler``, which must be idempotent.

    A retry is counted before it is made, so an event that kills the process
    becomes a dead letter too; at the first attempt it is with the bus, whose
    limit holds. A retry is cut off after ``patience``; when one takes longer
    than ``lease``, another worker may make the next. ``delay`` gets the number
    of failures so far.
    """

    store: RetryStore
    handler: Handler
    attempts: int = 10
    delay: Callable[[int], timedelta] = full_jitter
    lease: timedelta = timedelta(minutes=1)
    patience: timedelta = timedelta(seconds=30)

    async def __call__(self, event: EventEnvelope) -> None:
        """Handle it, or keep it. Raises if it can do neither: do not ack."""
        if not await self.store.holds(event.subject):
            try:
                await apart(self.handler(event))
            except Exception:
                logger.exception("%s %s is kept", event.type, event.id)
            else:
                return
        await self.store.keep(event)

    async def run(self, poll: float = 1.0, at_once: int = 10) -> None:
        """Make attempts until cancelled; look every ``poll`` seconds.

        So many subjects are tried at once: a slow one delays no other.
        """

        async def attempt_or_wait() -> None:
            if not await self.run_once():
                await asyncio.sleep(poll)

        await until_cancelled(
            attempt_or_wait, poll, "Retries go on in %s s", at_once=at_once
        )

    async def run_once(self) -> bool:
        """Make one attempt that is due; False if none is."""
        row = await self.store.claim(self.lease)
        if row is None:
            return False
        try:
            await self._attempt(row)
        except Exception as error:
            logger.exception("Attempt %s at %s", row.attempts, row.event_id)
            last = row.attempts >= self.attempts
            hopeless = last or isinstance(error, UnprocessableEventError)
            delay = None if hopeless else self.delay(row.attempts)
            await self.store.fail(row, error, delay)
        else:
            await self.store.remove(row)
        return True

    async def _attempt(self, row: RetryRow) -> None:
        if row.attempts > self.attempts:
            raise UnprocessableEventError("The last attempt never ended")
        async with asyncio.timeout(self.patience.total_seconds()):
            await apart(self.handler(row.event))
