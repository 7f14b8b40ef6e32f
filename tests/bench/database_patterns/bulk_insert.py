"""Rows one after the other, as one statement's list, and by COPY."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from snippets.database_patterns.models import BuyerRow, InvoiceRow
from tests.bench.bench import Bench, Task
from tests.bench.database import tables

ONE_BY_ONE = (100, 1_000)  # rows
AT_ONCE = 10_000
Rows = list[dict[str, object]]


@asynccontextmanager
async def tasks(url: str, scale: float) -> AsyncIterator[list[Task]]:
    async with tables(url, BuyerRow, InvoiceRow) as engine:
        buyer_id = await insert_buyer(engine)

        def task(number: int, *, one_by_one: bool) -> Task:
            rows = invoices(buyer_id, max(1, int(number * scale)))
            ways = {
                "row by row": partial(row_by_row, engine, rows),
                "executemany": partial(executemany, engine, rows),
                "COPY": partial(copy, engine, rows),
            }
            if not one_by_one:
                del ways["row by row"]
            return Task(
                f"{number:,} rows",
                ways,
                before=partial(empty, engine),
                outcome=partial(count, engine),
            )

        yield [
            *(task(number, one_by_one=True) for number in ONE_BY_ONE),
            task(AT_ONCE, one_by_one=False),
        ]


async def row_by_row(engine: AsyncEngine, rows: Rows) -> None:
    async with engine.begin() as connection:
        for row in rows:
            await connection.execute(insert(InvoiceRow).values(row))


async def executemany(engine: AsyncEngine, rows: Rows) -> None:
    async with engine.begin() as connection:
        await connection.execute(insert(InvoiceRow), rows)


async def copy(engine: AsyncEngine, rows: Rows) -> None:
    async with engine.begin() as connection:
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        await driver.copy_records_to_table(
            InvoiceRow.__tablename__,
            columns=[*rows[0]],
            records=[tuple(row.values()) for row in rows],
        )


def invoices(buyer_id: UUID, number: int) -> Rows:
    return [
        {
            "id": uuid4(),
            "buyer_id": buyer_id,
            "currency": "EUR",
            "total": total % 500,
        }
        for total in range(number)
    ]


async def insert_buyer(engine: AsyncEngine) -> UUID:
    new = insert(BuyerRow).values(email="ann@example.com", name="Ann")
    async with engine.begin() as connection:
        return (
            await connection.execute(new.returning(BuyerRow.id))
        ).scalar_one()


async def empty(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("truncate invoices"))


async def count(engine: AsyncEngine) -> object:
    """How many there are, and what they come to."""
    query = select(func.count(), func.sum(InvoiceRow.total))
    async with engine.connect() as connection:
        return (await connection.execute(query)).one()


BENCH = Bench(
    title="Inserting many rows",
    what=(
        "Invoices into a table with four indexes and a foreign key, in one "
        "transaction on loopback: a network makes row by row slower still."
    ),
    baseline="COPY",
    tasks=tasks,
)
