"""Bulk insert: many rows in a few statements, with the ids that they got.

``execute(insert(T), rows)`` sends them a thousand at a time. What comes back
is in no promised order: return what tells the rows apart, or ask for the ids
first.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, String, any_, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from .models import BuyerRow, InvoiceLineRow, InvoiceRow


@dataclass(frozen=True, slots=True)
class NewBuyer:
    """As somebody else's file has it."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """With its articles, one piece of each."""

    buyer_id: UUID
    currency: str
    prices: Sequence[tuple[str, Decimal]]


async def register_buyers(
    session: AsyncSession, buyers: Collection[NewBuyer]
) -> dict[str, UUID]:
    """The new ids by address, in the caller's transaction: all rows or none.

    Raises:
        IntegrityError: an address is there already, or twice among these.
    """
    if not buyers:
        return {}
    rows = await session.execute(
        insert(BuyerRow).returning(BuyerRow.email, BuyerRow.id),
        [asdict(buyer) for buyer in buyers],
    )
    return dict(rows.all())


async def issue_invoices(
    session: AsyncSession, invoices: Sequence[InvoiceDraft]
) -> list[UUID]:
    """The new ids in the order of the invoices, which refer to them already.

    PostgreSQL makes them all at once, so nothing has to be returned by row.
    """
    new_ids = select(func.uuidv7()).select_from(
        func.generate_series(1, len(invoices))
    )
    ids = list(await session.scalars(new_ids))
    if not ids:
        return ids
    heads, lines = [], []
    for invoice_id, invoice in zip(ids, invoices, strict=True):
        total = sum((price for _, price in invoice.prices), Decimal())
        heads.append(
            {
                "id": invoice_id,
                "buyer_id": invoice.buyer_id,
                "currency": invoice.currency,
                "total": total,
            }
        )
        lines += [
            {
                "invoice_id": invoice_id,
                "position": position,
                "sku": sku,
                "quantity": 1,
                "unit_price": price,
            }
            for position, (sku, price) in enumerate(invoice.prices, start=1)
        ]
    await session.execute(insert(InvoiceRow), heads)
    if lines:
        await session.execute(insert(InvoiceLineRow), lines)
    return ids


async def buyers_called(
    session: AsyncSession, emails: Collection[str]
) -> dict[str, UUID]:
    """Ids of those that are there. One argument, however many addresses."""
    wanted = literal(list(emails), ARRAY(String))
    rows = await session.execute(
        select(BuyerRow.email, BuyerRow.id).where(
            BuyerRow.email == any_(wanted)
        )
    )
    return dict(rows.all())
