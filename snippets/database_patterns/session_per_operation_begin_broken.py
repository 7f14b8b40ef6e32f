"""Broken: begins a transaction in a session that somebody else has opened."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from .models import InvoiceRow, InvoiceStatus


async def mark_paid(session: AsyncSession, invoice_id: UUID) -> None:
    async with session.begin():
        await session.execute(
            update(InvoiceRow)
            .where(InvoiceRow.id == invoice_id)
            .where(InvoiceRow.status == InvoiceStatus.OPEN)
            .values(status=InvoiceStatus.PAID)
        )
