"""Rows one after the other, in a few statements, and as one stream."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from snippets.database_patterns.bulk_insert import NewBuyer, register_buyers
from snippets.database_patterns.copy_rows import copy_buyers
from snippets.database_patterns.models import BuyerRow
from tests.bench.bench import Bench, Task
from tests.bench.database import tables

ROWS = (100, 1_000, 10_000)
MOST_ONE_BY_ONE = 1_000  # more would take most of the bench
Buyers = list[NewBuyer]
Store = Callable[[AsyncSession, Buyers], Awaitable[object]]


@asynccontextmanager
async def tasks(url: str, scale: float) -> AsyncIterator[list[Task]]:
    async with tables(url, BuyerRow) as engine:
        yield [task(engine, number, scale) for number in ROWS]


def task(engine: AsyncEngine, number: int, scale: float) -> Task:
    buyers = [
        NewBuyer(f"buyer-{position}@example.com", f"Buyer {position}")
        for position in range(max(1, int(number * scale)))
    ]
    ways: dict[str, Store] = {
        "row by row": row_by_row,
        "bulk insert": register_buyers,
        "COPY": copied,
    }
    if number > MOST_ONE_BY_ONE:
        del ways["row by row"]
    return Task(
        f"{number:,} rows",
        {
            label: partial(in_a_transaction, engine, store, buyers)
            for label, store in ways.items()
        },
        before=partial(empty, engine),
        outcome=partial(count, engine),
    )


async def in_a_transaction(
    engine: AsyncEngine, store: Store, buyers: Buyers
) -> None:
    async with AsyncSession(engine) as session, session.begin():
        await store(session, buyers)


async def row_by_row(session: AsyncSession, buyers: Buyers) -> None:
    for buyer in buyers:
        await session.execute(insert(BuyerRow), [asdict(buyer)])


async def copied(session: AsyncSession, buyers: Buyers) -> None:
    await copy_buyers(session, ((buyer.email, buyer.name) for buyer in buyers))


async def empty(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("truncate buyers"))


async def count(engine: AsyncEngine) -> object:
    """How many there are, and the last of them."""
    query = select(func.count(), func.max(BuyerRow.name))
    async with engine.connect() as connection:
        return (await connection.execute(query)).one()


BENCH = Bench(
    title="Inserting many rows",
    what=(
        "Buyers of two texts each, in one transaction, into a table with two "
        "unique indexes whose ids PostgreSQL makes."
    ),
    baseline="COPY",
    tasks=tasks,
)
