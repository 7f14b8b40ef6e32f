"""Broken: a snapshot that stands still, so that "nobody can interfere"."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..domain_driven_design.money import Money
from .credit_limit import CreditLimitError
from .models import InvoiceRow, InvoiceStatus
from .serialization_retry import in_transaction


async def bill(
    engine: AsyncEngine, buyer_id: UUID, total: Money, limit: Money
) -> UUID:
    async def check_and_bill(session: AsyncSession) -> UUID:
        owed = await session.scalars(
            select(func.coalesce(func.sum(InvoiceRow.total), 0)).where(
                InvoiceRow.buyer_id == buyer_id,
                InvoiceRow.currency == total.currency,
                InvoiceRow.status == InvoiceStatus.OPEN,
            )
        )
        if Money(owed.one(), total.currency) + total > limit:
            raise CreditLimitError(f"More than {limit} would be owed")
        invoice = InvoiceRow(
            buyer_id=buyer_id, currency=total.currency, total=total.amount
        )
        session.add(invoice)
        await session.flush()
        return invoice.id

    return await in_transaction(engine, check_and_bill, "REPEATABLE READ")
