"""Broken: the cursor is the time as clients see it, to the millisecond."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select

from ..architecture_patterns.request_session import RequestSession
from ..database_patterns.models import InvoiceRow
from .invoice_view import InvoiceView
from .keyset_pagination import InvoicePage

invoice_list = APIRouter(tags=["invoices"])


@invoice_list.get("/invoices")
async def list_invoices(
    session: RequestSession,
    cursor: datetime | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> InvoicePage:
    query = select(InvoiceRow).order_by(InvoiceRow.issued_at).limit(limit)
    if cursor is not None:
        query = query.where(InvoiceRow.issued_at > cursor)
    rows = (await session.scalars(query)).all()
    if len(rows) < limit:
        seen_until = None
    else:
        seen_until = rows[-1].issued_at.isoformat(timespec="milliseconds")
    return InvoicePage(
        items=[InvoiceView.of(row) for row in rows], next=seen_until
    )
