"""The relay: publishes what the outbox holds, at least once, in order.

Run as many as you like. Each takes lines of its own, so the events of one
subject do not overtake each other, and a subject whose events fail, or hang,
holds up no other.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from ..code_style.error_text import error_text
from ..code_style.own_cancellation import apart, end
from .background_loop import until_cancelled
from .event_bus import EventBus
from .full_jitter import full_jitter
from .outbox_claims import Line, OutboxClaims, claims
from .outbox_wakeup import OutboxWakeup

logger = logging.getLogger(__name__)

UP_TO_HALF_A_MINUTE = partial(full_jitter, cap=timedelta(seconds=30))
SOON = 0.5  # seconds after which others are looked for beside a slow line


class OutboxRelay:
    """Publishes; a process of its own, or a task beside the web server.

    Takes two of the engine's connections, one of them while it publishes.
    The events of a subject that are claimed together may take ``patience``.
    ``delay`` gets the number of the subject's failures in a row.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        bus: EventBus,
        *,
        patience: timedelta = timedelta(seconds=5),
        delay: Callable[[int], timedelta] = UP_TO_HALF_A_MINUTE,
    ) -> None:
        self._bus = bus
        self._patience = patience.total_seconds()
        self._claims = partial(claims, engine, silence=4 * patience)
        self._delay = delay

    async def run(self, wakeup: OutboxWakeup, poll: float = 5.0) -> None:
        """Publish until cancelled; look every ``poll`` seconds in any case."""

        async def publish_or_wait() -> None:
            seen = wakeup.count
            async with self._claims() as claims:
                published = await self._publish(claims, 100, more=True)
            if not published:
                await wakeup.wait(seen, poll)

        await until_cancelled(
            publish_or_wait, poll, "The relay tries again in %s s"
        )

    async def run_once(self, limit: int = 100) -> int:
        """Publish up to ``limit`` events; return how many there were.

        What the bus refuses, or does not confirm within ``patience``, is logged
        and holds back its own subject alone.
        """
        async with self._claims() as claims:
            return await self._publish(claims, limit, more=False)

    async def _publish(
        self, claims: OutboxClaims, limit: int, *, more: bool
    ) -> int:
        published = 0
        lines: set[asyncio.Task[Line]] = set()
        try:
            taken = await claims.take(limit)
            while taken or lines:
                lines |= {asyncio.create_task(self._line(x)) for x in taken}
                done, lines = await asyncio.wait(
                    lines, timeout=SOON, return_when=asyncio.FIRST_COMPLETED
                )
                ended = [task.result() for task in done]
                await claims.settle(ended)
                published += sum(len(line.published) for line in ended)
                room = limit - len(lines) if more else 0
                taken = await claims.take(room) if room else []
        finally:
            await end(lines)
        return published

    async def _line(self, line: Line) -> Line:
        """Stop at the first that fails: the next must not overtake it."""
        try:
            async with asyncio.timeout(self._patience):
                for row in line.rows:
                    await apart(self._bus.publish(row.event))
                    line.published.append(row.position)
        except Exception as error:
            line.failures = 1 if line.published else line.failures + 1
            line.retry_in = self._delay(line.failures)
            logger.warning(
                "Not published, of %s, in attempt %s: %s",
                line.subject,
                line.failures,
                error_text(error),
                exc_info=line.failures == 1,
            )
        return line
