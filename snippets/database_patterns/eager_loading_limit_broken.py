"""Broken: the limit counts lines, since each line is a row of the join."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from .eager_loading import NEWEST_FIRST
from .models import InvoiceRow


async def newest_invoices(
    session: AsyncSession, limit: int
) -> list[InvoiceRow]:
    query = (
        select(InvoiceRow)
        .join(InvoiceRow.buyer)
        .join(InvoiceRow.lines)
        .options(
            contains_eager(InvoiceRow.buyer), contains_eager(InvoiceRow.lines)
        )
        .order_by(*NEWEST_FIRST)
        .limit(limit)
    )
    return list((await session.scalars(query)).unique())
