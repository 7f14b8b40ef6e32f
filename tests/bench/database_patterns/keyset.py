"""A page of invoices by OFFSET, against one by the key before it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from snippets.database_patterns.keyset_query import InvoiceKey, invoices_after
from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceLineRow,
    InvoiceRow,
)
from tests.bench.bench import Bench, Task
from tests.bench.database import insert_invoices, tables

INVOICES = 100_000
SIZE = 20
PAGES = (1, 100, 1_000, 5_000)


@asynccontextmanager
async def tasks(url: str, scale: float) -> AsyncIterator[list[Task]]:
    async with tables(url, BuyerRow, InvoiceRow, InvoiceLineRow) as engine:
        await insert_invoices(engine, int(INVOICES * scale))
        yield [
            await task(engine, page, before=int((page - 1) * scale) * SIZE)
            for page in PAGES
        ]


async def task(engine: AsyncEngine, page: int, before: int) -> Task:
    by_offset = invoices_after(None, SIZE).offset(before)
    by_keyset = invoices_after(await end(engine, before), SIZE)
    return Task(
        f"page {page:,}",
        {
            "OFFSET": partial(read, engine, by_offset),
            "keyset": partial(read, engine, by_keyset),
        },
        calls=10,
    )


async def end(engine: AsyncEngine, before: int) -> InvoiceKey | None:
    """What the page before ends with; there is none before the first."""
    if not before:
        return None
    async with AsyncSession(engine) as session:
        last = invoices_after(None, 1).offset(before - 1)
        return InvoiceKey.of((await session.scalars(last)).one())


async def read(engine: AsyncEngine, page: Select[InvoiceRow]) -> list[UUID]:
    async with AsyncSession(engine) as session:
        return [invoice.id for invoice in await session.scalars(page)]


BENCH = Bench(
    title="One page of a long list",
    what=(
        f"Pages of {SIZE} of {INVOICES:,} invoices, the newest first, with an "
        "index on that order."
    ),
    baseline="keyset",
    tasks=tasks,
)
