"""A query for each invoice's lines, against loading them with the invoices."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import joinedload, lazyload

from snippets.database_patterns.eager_loading import (
    NEWEST_FIRST,
    newest_invoices,
)
from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceLineRow,
    InvoiceRow,
)
from tests.bench.bench import Bench, Task
from tests.bench.database import insert_invoices, tables

PARENTS = (10, 100)
LINES = 5
Pieces = list[tuple[str, int]]  # buyer and pieces of each invoice


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
    query = newest(parents).options(lazyload(InvoiceRow.lines))
    async with AsyncSession(engine) as session:
        return await session.run_sync(
            lambda session: [*map(pieces, session.scalars(query))]
        )


async def joined(engine: AsyncEngine, parents: int) -> Pieces:
    query = newest(parents).options(joinedload(InvoiceRow.lines))
    async with AsyncSession(engine) as session:
        return [*map(pieces, (await session.scalars(query)).unique())]


async def selected_in(engine: AsyncEngine, parents: int) -> Pieces:
    async with AsyncSession(engine) as session:
        return [*map(pieces, await newest_invoices(session, parents))]


def newest(parents: int) -> Select[InvoiceRow]:
    """As `newest_invoices` begins: each with its buyer in its own row."""
    return (
        select(InvoiceRow)
        .options(joinedload(InvoiceRow.buyer, innerjoin=True))
        .order_by(*NEWEST_FIRST)
        .limit(parents)
    )


def pieces(invoice: InvoiceRow) -> tuple[str, int]:
    return invoice.buyer.name, sum(line.quantity for line in invoice.lines)


BENCH = Bench(
    title="Loading invoices with their lines",
    what=(
        f"Invoices with buyer and {LINES} lines each, read by one session on "
        "loopback."
    ),
    baseline="selectinload",
    tasks=tasks,
)
