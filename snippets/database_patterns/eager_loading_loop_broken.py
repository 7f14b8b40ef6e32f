"""Broken: one query for the list, and three more for each invoice in it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .eager_loading import NEWEST_FIRST
from .models import InvoiceRow


async def newest_invoices(
    session: AsyncSession, limit: int
) -> list[InvoiceRow]:
    query = select(InvoiceRow).order_by(*NEWEST_FIRST).limit(limit)
    invoices = list(await session.scalars(query))
    for invoice in invoices:
        await session.refresh(invoice, ["buyer", "lines"])
    return invoices
