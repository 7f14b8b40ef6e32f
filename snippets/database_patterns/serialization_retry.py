"""Run a whole unit of work again when PostgreSQL ended it for another's sake.

A serialization failure (SQLSTATE 40001) and a deadlock (40P01) are no faults of
the transaction that they end: the same work may succeed a moment later. It must
read anew and decide anew, so what is repeated is all of it and not the last
statement (PostgreSQL 18 documentation, 13.5).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

T = TypeVar("T")
Level = Literal["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]

ENDED_FOR_ANOTHER = {"40001", "40P01"}
PAUSE, LONGEST_PAUSE = 0.01, 1.0  # seconds


async def in_transaction(
    engine: AsyncEngine,
    work: Callable[[AsyncSession], Awaitable[T]],
    level: Level = "SERIALIZABLE",
    attempts: int = 10,
    rand: Callable[[], float] = random.random,
) -> T:
    """What ``work`` returned in the transaction that was committed.

    ``work`` must do nothing but read and write through the session that it is
    given: whatever else it does, it may do ``attempts`` times. Between two
    attempts it pauses, without a connection, for up to 10 ms, then twice as
    long each time, at most a second (full jitter). Every other error is raised
    at once, a connection lost at COMMIT, too: that may have been committed.
    """
    ceiling = PAUSE
    while True:
        try:
            async with (
                AsyncSession(engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                await session.connection(
                    execution_options={"isolation_level": level}
                )
                return await work(session)
        except Exception as error:
            attempts -= 1
            if attempts < 1 or not ended_for_another(error):
                raise
        await asyncio.sleep(rand() * ceiling)
        ceiling = min(ceiling * 2, LONGEST_PAUSE)


def ended_for_another(error: BaseException | None) -> bool:
    """Whether the same work may succeed if it is run again.

    Asks the driver's error, since SQLAlchemy's class depends on the driver. It
    may have been translated on its way up, so all causes are asked.
    """
    while error is not None:
        if getattr(error, "sqlstate", None) in ENDED_FOR_ANOTHER:
            return True
        error = error.__cause__
    return False
