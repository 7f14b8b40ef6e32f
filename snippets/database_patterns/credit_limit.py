"""A rule over many rows: what a buyer owes stays within a limit.

No row can be locked that is not there yet, and the rule is broken by two new
ones, each of which would be right alone (write skew). At SERIALIZABLE,
PostgreSQL refuses one of the two; the retry then sees the other.
"""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..code_style.errors import BusinessRuleError
from ..domain_driven_design.money import Money
from .models import InvoiceRow, InvoiceStatus
from .serialization_retry import in_transaction


class CreditLimitError(BusinessRuleError):
    """The buyer would owe more than is allowed."""

    code = "credit-limit"


async def bill(
    engine: AsyncEngine, buyer_id: UUID, total: Money, limit: Money
) -> UUID:
    """The id of a new invoice, with which the buyer owes no more than ``limit``
    in that currency. Holds among callers of this function: who writes invoices
    at a lower level is not seen.

    Raises:
        CreditLimitError: it would be more.
        CurrencyMismatchError: the two amounts are of two currencies.
    """

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

    return await in_transaction(engine, check_and_bill)
