"""Eager loading: say in the query what will be read, and nothing else loads.

The relationships of `models` are ``lazy="raise"``: what a query has not loaded
cannot be read by mistake.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from ..code_style.errors import NotFoundError
from .models import BuyerRow, InvoiceLineRow, InvoiceRow

NEWEST_FIRST = (InvoiceRow.issued_at.desc(), InvoiceRow.id.desc())


async def newest_invoices(
    session: AsyncSession, limit: int
) -> list[InvoiceRow]:
    """With buyer and lines, by two statements however many there are (and one
    more for each further 500).

    One buyer comes in the invoice's own row; many lines by a query for all.
    """
    query = (
        select(InvoiceRow)
        .options(
            joinedload(InvoiceRow.buyer, innerjoin=True),
            selectinload(InvoiceRow.lines),
        )
        .order_by(*NEWEST_FIRST)
        .limit(limit)
    )
    return list(await session.scalars(query))


async def invoices_with(
    session: AsyncSession, sku: str, limit: int
) -> list[InvoiceRow]:
    """Those with the article, each with all of its lines and its buyer.

    The join to the buyer serves to sort and to load; of the lines, ``any``
    asks without a join.
    """
    query = (
        select(InvoiceRow)
        .join(InvoiceRow.buyer)
        .where(InvoiceRow.lines.any(InvoiceLineRow.sku == sku))
        .options(
            contains_eager(InvoiceRow.buyer), selectinload(InvoiceRow.lines)
        )
        .order_by(BuyerRow.name, *NEWEST_FIRST)
        .limit(limit)
    )
    return list(await session.scalars(query))


async def locked_invoice(session: AsyncSession, invoice_id: UUID) -> InvoiceRow:
    """As it is now, with its lines; its row is locked, theirs are not.

    Raises:
        NotFoundError: there is no such invoice.
    """
    query = (
        select(InvoiceRow)
        .where(InvoiceRow.id == invoice_id)
        .options(selectinload(InvoiceRow.lines))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    invoice = (await session.scalars(query)).one_or_none()
    if invoice is None:
        raise NotFoundError(f"There is no invoice {invoice_id}")
    return invoice
