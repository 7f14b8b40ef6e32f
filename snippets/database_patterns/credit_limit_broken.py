"""Broken: check and write are in one transaction, at the default level."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..domain_driven_design.money import Money
from .credit_limit import CreditLimitError
from .models import InvoiceRow, InvoiceStatus


async def bill(
    engine: AsyncEngine, buyer_id: UUID, total: Money, limit: Money
) -> UUID:
    async with AsyncSession(engine) as session, session.begin():
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
