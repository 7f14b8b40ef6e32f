"""Advisory lock: of all processes one does it, and the others pass by.

The lock has a name and no row. It belongs to a transaction, so no code has to
release it: it is gone when the transaction has ended, by commit, by rollback,
or with a connection that was lost or a process that was killed.
"""

from collections.abc import Awaitable, Callable
from hashlib import blake2b

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..architecture_patterns.read_committed import read_committed

Work = Callable[[AsyncSession], Awaitable[None]]


def lock_key(name: str) -> int:
    """A bigint, the same in every process, release and version of Python."""
    digest = blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


async def try_lock(session: AsyncSession, name: str) -> bool:
    """Whether this transaction has the lock, until it ends. Does not wait.

    At READ COMMITTED, or what is read next may be older than the lock.
    """
    lock = func.pg_try_advisory_xact_lock(lock_key(name))
    return bool(await session.scalar(select(lock)))


async def run_alone(engine: AsyncEngine, name: str, work: Work) -> bool:
    """Do ``work``, which must not commit; False if another is doing it.

    What it writes with its session is committed by the transaction that holds
    the lock. If that is lost meanwhile, the commit raises and nothing is
    written, though somebody else may have begun.
    """
    async with read_committed(engine) as session:
        if not await try_lock(session, name):
            return False
        await work(session)
    return True
