"""What benches stand on: tables, and invoices made by PostgreSQL itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from snippets.domain_driven_design.persistence import Base

INVOICES = """
with buyer as (
    insert into buyers (email, name) values ('ann@example.com', 'Ann')
    returning id
)
insert into invoices (buyer_id, currency, total, issued_at)
select
    id, 'EUR', number % 500,
    timestamptz '2026-01-01' + number * interval '1 second'
from buyer, generate_series(1, :invoices) number
"""
LINES = """
insert into invoice_lines (invoice_id, position, sku, quantity, unit_price)
select id, position, 'TEA-' || position, 1 + position % 3, 4.9
from invoices, generate_series(0, :lines - 1) position
"""


@asynccontextmanager
async def tables(
    url: str, *rows: type[DeclarativeBase]
) -> AsyncIterator[AsyncEngine]:
    """An engine for the database at ``url``, with these tables in it."""
    engine = create_async_engine(
        url.replace("postgresql:", "postgresql+asyncpg:")
    )
    try:
        async with engine.begin() as connection:
            await connection.run_sync(
                Base.metadata.create_all, [row.__table__ for row in rows]
            )
        yield engine
    finally:
        await engine.dispose()


async def insert_invoices(
    engine: AsyncEngine, invoices: int, lines: int = 0
) -> None:
    """Invoices of one buyer, issued a second apart, with so many lines each."""
    async with engine.begin() as connection:
        await connection.execute(text(INVOICES), {"invoices": invoices})
        await connection.execute(text(LINES), {"lines": lines})
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("vacuum analyze"))
