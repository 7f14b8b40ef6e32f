"""Wake-up: PostgreSQL says when the outbox has something new (LISTEN/NOTIFY).

A hint, not a queue: what is notified while nobody listens is gone. So whoever
waits also looks from time to time.
"""

import asyncio
from contextlib import suppress

import psycopg

from ..architecture_patterns.database_url import psycopg_url
from .background_loop import until_cancelled
from .outbox import CHANNEL


class OutboxWakeup:
    """One connection that listens, for any number of tasks that wait."""

    def __init__(self, url: str) -> None:
        """``url`` of the server itself: a pooler may swallow LISTEN.

        Raises:
            ValueError: it has words that no driver knows.
        """
        self.count = 0
        self.ended = False  # nobody will be woken any more
        self._url = psycopg_url(url)
        self._woken = asyncio.Event()

    async def run(self, pause: float = 1.0) -> None:
        """Listen until cancelled; connect again after ``pause`` seconds.

        It survives whatever the server says: one in recovery, after a
        failover, refuses to listen and will not for ever.
        """
        try:
            await until_cancelled(
                self._listen,
                pause,
                "No wake-ups; connecting in %s s",
                survives=psycopg.Error,
            )
        finally:
            self.ended = True
            self._release()

    async def wait(self, seen: int, seconds: float) -> None:
        """Return when `count` is no longer ``seen``, or after ``seconds``, or
        when `run` ends.

        Take ``seen`` before looking, or what is committed between looking and
        waiting wakes nobody.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if self.count == seen:
                    await self._woken.wait()

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._url, autocommit=True
        ) as connection:
            await connection.execute(f"listen {CHANNEL}")
            self._wake()  # for what was committed before
            async for _ in connection.notifies():
                self._wake()

    def _wake(self) -> None:
        self.count += 1
        self._release()

    def _release(self) -> None:
        self._woken.set()
        self._woken = asyncio.Event()
