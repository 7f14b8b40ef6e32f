"""Payments of invoices, each with an id that its sender has chosen."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..code_style.errors import ConflictError, NotFoundError
from ..database_patterns.models import Amount, InvoiceRow, InvoiceStatus
from ..domain_driven_design.persistence import Base


class InvoicePaymentRow(Base):
    """What was paid for an invoice."""

    __tablename__ = "invoice_payments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(
        ForeignKey("invoices.id", name="fk_invoice_payments_invoice"),
        index=True,
    )
    amount: Mapped[Amount]


@dataclass(frozen=True, slots=True)
class InvoicePayment:
    """The money for one invoice; the same id is the same payment."""

    id: UUID
    invoice_id: UUID
    amount: Decimal


async def record_payment(
    session: AsyncSession, payment: InvoicePayment
) -> bool:
    """Record it in the caller's transaction; False if it was before.

    What it raises may come after it has written: roll back, to a savepoint at
    least. Locks the invoice.

    Raises:
        NotFoundError: there is no such invoice.
        ConflictError: the id is another payment's, the invoice is not open, or
            asks for another amount.
    """
    invoice = await session.get(
        InvoiceRow,
        payment.invoice_id,
        with_for_update=True,
        populate_existing=True,
    )
    if invoice is None:
        raise NotFoundError(f"There is no invoice {payment.invoice_id}")
    recorded = await session.scalar(
        insert(InvoicePaymentRow)
        .values(
            id=payment.id,
            invoice_id=payment.invoice_id,
            amount=payment.amount,
        )
        .on_conflict_do_nothing()
        .returning(InvoicePaymentRow.id)
    )
    if recorded is None:
        row = await session.get_one(InvoicePaymentRow, payment.id)
        if (row.invoice_id, row.amount) != (invoice.id, payment.amount):
            raise ConflictError(f"{payment.id} is another payment's id")
        return False
    if invoice.status is not InvoiceStatus.OPEN:
        raise ConflictError(f"The invoice is {invoice.status}")
    if invoice.total != payment.amount:
        raise ConflictError(f"The invoice is of {invoice.total}")
    invoice.status = InvoiceStatus.PAID
    return True
