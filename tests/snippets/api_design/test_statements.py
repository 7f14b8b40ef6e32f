"""Statements: what a buyer owes, as a job."""

from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design.statements import write_statement
from snippets.code_style.errors import NotFoundError
from snippets.database_patterns.jobs import JobRow
from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceRow,
    InvoiceStatus,
)


def job_for(buyer_id):
    return JobRow(payload={"buyer_id": str(buyer_id)})


async def test_open_invoices_are_added_up_by_currency(engine):
    async with AsyncSession(engine) as session:
        ann, bob = (
            BuyerRow(email=f"{name}@example.com", name=name)
            for name in ("ann", "bob")
        )
        session.add_all([ann, bob])
        await session.flush()
        for buyer, currency, total, status in (
            (ann, "EUR", 3, InvoiceStatus.OPEN),
            (ann, "EUR", 4, InvoiceStatus.OPEN),
            (ann, "EUR", 9, InvoiceStatus.PAID),
            (ann, "JPY", 500, InvoiceStatus.OPEN),
            (bob, "EUR", 1, InvoiceStatus.OPEN),
        ):
            session.add(
                InvoiceRow(
                    buyer_id=buyer.id,
                    currency=currency,
                    total=total,
                    status=status,
                )
            )
        await session.flush()

        assert await write_statement(session, job_for(ann.id)) == {
            "EUR": "7.000",
            "JPY": "500.000",
        }


async def test_nobody_owes_nothing(engine):
    async with AsyncSession(engine) as session:
        with pytest.raises(NotFoundError, match="There is no buyer"):
            await write_statement(session, job_for(uuid4()))
