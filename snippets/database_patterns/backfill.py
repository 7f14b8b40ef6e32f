"""Backfill: a value for every old row, in many short transactions.

Each batch locks its rows for a moment and is kept, whatever becomes of the
next. What is done already does not match again: a run that ended, for whatever
reason, is started anew.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from .safe_ddl import retry_when_locked

SIZE = 1_000  # rows
PAUSES = (0.1, 0.5, 1, 5, 10)  # seconds
# Without waiting long for a row, since the others of the batch are locked.
LOCK_TIMEOUT = text("SET LOCAL lock_timeout = '100ms'")
POSTAL_CODES = text("""
WITH batch AS (
    SELECT id FROM delivery_addresses
    WHERE id > :after AND postal_code IS NULL
    ORDER BY id LIMIT :size FOR NO KEY UPDATE
), written AS (
    UPDATE delivery_addresses SET postal_code = zip
    FROM batch WHERE delivery_addresses.id = batch.id
)
SELECT max(id), count(*) FROM batch
""")


@dataclass(frozen=True, slots=True)
class Batch:
    """What was written last; the next run may begin ``after`` it."""

    after: int
    rows: int


Between = Callable[[Batch], Awaitable[None]]


async def backfill(
    engine: AsyncEngine,
    statement: TextClause,
    between: Between,
    after: int = 0,
    size: int = SIZE,
) -> int:
    """Run ``statement`` until it finds no row; how many there were.

    It takes ``:after`` and ``:size``, and gives the last key and the number of
    rows. ``between`` is awaited after each batch, outside any transaction: to
    tell how far it is, and to let the replicas follow.

    Raises:
        DBAPIError: such as a row that somebody does not give back.
        ValueError: a batch without rows would never end.
    """
    if size < 1:
        raise ValueError(f"Not a size of a batch: {size}")
    engine = engine.execution_options(isolation_level="READ COMMITTED")
    total = 0
    batch = Batch(after, size)

    async def write_next() -> None:
        nonlocal batch
        async with engine.begin() as connection:
            await connection.execute(LOCK_TIMEOUT)
            found = await connection.execute(
                statement, {"after": batch.after, "size": size}
            )
            last, rows = found.one()
        batch = Batch(batch.after if last is None else last, rows)

    while batch.rows:
        await retry_when_locked(write_next, PAUSES)
        total += batch.rows
        await between(batch)
    return total
