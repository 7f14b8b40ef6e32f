"""Broken: locks the lines too, on the side of the join that may be empty."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from .models import InvoiceRow


async def locked_invoice(session: AsyncSession, invoice_id: UUID) -> InvoiceRow:
    query = (
        select(InvoiceRow)
        .where(InvoiceRow.id == invoice_id)
        .options(joinedload(InvoiceRow.lines))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).unique().one()
