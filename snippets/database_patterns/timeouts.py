"""Timeouts that PostgreSQL keeps: by default, each of them is for ever.

A client that is gone, or hangs, cannot end what it has begun. The server can.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Of a session on the server; none (0) is for ever.

    ``lock`` ends a statement that waits for somebody's lock, ``statement`` one
    that runs, both with an error. ``idle`` and ``transaction`` (PostgreSQL 17)
    end the connection: after a pause in a transaction, and when a transaction
    has taken that long in all.
    """

    lock: timedelta = timedelta(seconds=2)
    statement: timedelta = timedelta(seconds=5)
    idle: timedelta = timedelta(seconds=10)
    transaction: timedelta = timedelta(seconds=30)

    def server_settings(self) -> dict[str, str]:
        """In PostgreSQL's names and milliseconds, rounded up."""
        settings = {
            "lock_timeout": self.lock,
            "statement_timeout": self.statement,
            "idle_in_transaction_session_timeout": self.idle,
            "transaction_timeout": self.transaction,
        }
        return {
            name: str(-(-duration // MILLISECOND))
            for name, duration in settings.items()
        }


async def set_timeouts(session: AsyncSession, timeouts: Timeouts) -> None:
    """For the rest of this transaction, and for nobody after it."""
    settings = [
        # A transaction's timer that runs is not moved, but can be stopped.
        ("transaction_timeout", "0"),
        *timeouts.server_settings().items(),
    ]
    await session.execute(
        select(*(func.set_config(*each, True) for each in settings))
    )
