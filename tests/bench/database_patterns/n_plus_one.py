"""A query for each invoice's lines, against loading them with the invoices."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import joinedload, lazyload, selectinload

from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceLineRow,
    InvoiceRow,
)
from tests.bench.bench import Bench, Task
from tests.bench.database import insert_invoices, tables

PARENTS = (10, 100)
LINES = 5
Pieces = list[int]  # of each invoice


@asynccontextmanager
async def tasks(url: str, scale: float) -> AsyncIterator[list[Task]]:
    async with tables(url, BuyerRow, InvoiceRow, InvoiceLineRow) as engine:
        await insert_invoices(engine, max(PARENTS), LINES)
        yield [
            Task(
                f"{parents} invoices",
                {
                    "a query each": partial(query_each, engine, parents),
                    "joinedload": partial(joined, engine, parents),
                    "selectinload": partial(selected_in, engine, parents),
                },
            )
            for parents in PARENTS
        ]


async def query_each(engine: AsyncEngine, parents: int) -> Pieces:
    query = oldest(parents).options(lazyload(InvoiceRow.lines))
    async with AsyncSession(engine) as session:
        return await session.run_sync(
            lambda session: [*map(pieces, session.scalars(query))]
        )


async def joined(engine: AsyncEngine, parents: int) -> Pieces:
    async with AsyncSession(engine) as session:
        invoices = await session.scalars(
            oldest(parents).options(joinedload(InvoiceRow.lines))
        )
        return [pieces(invoice) for invoice in invoices.unique()]


async def selected_in(engine: AsyncEngine, parents: int) -> Pieces:
    async with AsyncSession(engine) as session:
        invoices = await session.scalars(
            oldest(parents).options(selectinload(InvoiceRow.lines))
        )
        return [pieces(invoice) for invoice in invoices]


def oldest(parents: int) -> Select[InvoiceRow]:
    return select(InvoiceRow).order_by(InvoiceRow.issued_at).limit(parents)


def pieces(invoice: InvoiceRow) -> int:
    return sum(line.quantity for line in invoice.lines)


BENCH = Bench(
    title="Loading invoices with their lines",
    what=f"Invoices with {LINES} lines each, read by one session on loopback.",
    baseline="selectinload",
    tasks=tasks,
)
