"""Broken: keeps row and connection while somebody else's service takes time."""

from uuid import UUID

from sqlalchemy import select

from .models import InvoiceRow, InvoiceStatus
from .session_per_operation import Charge, InvoiceNotOpenError, Sessions


async def pay_invoice(
    sessions: Sessions, charge: Charge, invoice_id: UUID
) -> None:
    async with sessions.begin() as session:
        query = select(InvoiceRow).where(InvoiceRow.id == invoice_id)
        invoice = await session.scalar(query.with_for_update())
        if invoice is None or invoice.status != InvoiceStatus.OPEN:
            raise InvoiceNotOpenError(f"Invoice {invoice_id} is not open")
        await charge(invoice.id, invoice.total, invoice.currency)
        invoice.status = InvoiceStatus.PAID
