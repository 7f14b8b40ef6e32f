"""Invoices for tests that list them."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.database_patterns.models import BuyerRow, InvoiceRow

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def buyer(engine, name="Ann"):
    async with AsyncSession(engine) as session, session.begin():
        row = BuyerRow(email=f"{name.lower()}@example.com", name=name)
        session.add(row)
        await session.flush()
        return row.id


async def issue(engine, buyer_id, *moments, **columns) -> list[UUID]:
    """One invoice for each moment; their ids, in this order."""
    values = {"buyer_id": buyer_id, "currency": "EUR", "total": 1} | columns
    async with AsyncSession(engine) as session, session.begin():
        ids = await session.scalars(
            insert(InvoiceRow).returning(
                InvoiceRow.id, sort_by_parameter_order=True
            ),
            [values | {"issued_at": moment} for moment in moments],
        )
        return list(ids)
