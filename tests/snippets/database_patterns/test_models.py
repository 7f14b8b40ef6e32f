"""Typed models: what the database fills in, and what it refuses."""

from sqlalchemy.ext.asyncio import AsyncSession

from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceRow,
    InvoiceStatus,
)


async def test_the_database_fills_in_what_is_left_out(engine):
    async with AsyncSession(engine) as session:
        buyer = BuyerRow(email="ann@example.com", name="Ann")
        session.add(buyer)
        await session.flush()
        invoice = InvoiceRow(buyer_id=buyer.id, currency="EUR", total=3)
        session.add(invoice)
        await session.flush()

    assert buyer.id.version == 7
    assert buyer.created_at.utcoffset() is not None
    assert invoice.status is InvoiceStatus.OPEN
    assert invoice.details == {}
