"""Broken: pages end at a time, and several invoices have the same."""

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
    query = (
        select(InvoiceRow).order_by(InvoiceRow.issued_at.desc()).limit(limit)
    )
    if cursor is not None:
        query = query.where(InvoiceRow.issued_at < cursor)
    rows = (await session.scalars(query)).all()
    return InvoicePage(
        items=[InvoiceView.of(row) for row in rows],
        next=rows[-1].issued_at.isoformat() if len(rows) == limit else None,
    )
