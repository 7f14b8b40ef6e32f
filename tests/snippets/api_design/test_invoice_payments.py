"""Payments of invoices: once each, and only what is owed."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design.invoice_payments import InvoicePayment, record_payment
from snippets.code_style.errors import ConflictError, NotFoundError
from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceRow,
    InvoiceStatus,
)


@pytest.fixture
async def session(engine):
    async with AsyncSession(engine) as session:
        yield session


@pytest.fixture
async def invoice(session):
    buyer = BuyerRow(email="ann@example.com", name="Ann")
    session.add(buyer)
    await session.flush()
    invoice = InvoiceRow(buyer_id=buyer.id, currency="EUR", total=Decimal(7))
    session.add(invoice)
    await session.flush()
    return invoice


@pytest.fixture
def payment(invoice):
    return InvoicePayment(uuid4(), invoice.id, Decimal("7.00"))


async def test_what_is_owed_is_paid_once(session, invoice, payment):
    assert await record_payment(session, payment)
    assert invoice.status is InvoiceStatus.PAID
    assert not await record_payment(session, payment)


async def test_an_unknown_invoice_is_not_paid(session, payment):
    with pytest.raises(NotFoundError):
        await record_payment(session, replace(payment, invoice_id=uuid4()))


@pytest.mark.parametrize("amount", ["6.99", "7.001", "70"])
async def test_another_amount_is_not_taken(session, payment, amount):
    with pytest.raises(ConflictError, match="The invoice is of 7"):
        await record_payment(session, replace(payment, amount=Decimal(amount)))


async def test_an_id_is_one_payments(session, invoice, payment):
    await record_payment(session, payment)
    other = InvoiceRow(buyer_id=invoice.buyer_id, currency="EUR", total=7)
    session.add(other)
    await session.flush()
    for changed in (
        replace(payment, invoice_id=other.id),
        replace(payment, amount=Decimal(8)),
    ):
        with pytest.raises(ConflictError, match="another payment's id"):
            await record_payment(session, changed)


async def test_what_is_paid_is_not_paid_by_another(session, payment):
    await record_payment(session, payment)
    with pytest.raises(ConflictError, match="The invoice is paid"):
        await record_payment(session, replace(payment, id=uuid4()))
