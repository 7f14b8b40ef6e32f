"""Broken: whatever the client names is a column to sort by."""

from fastapi import APIRouter
from sqlalchemy import desc, select

from ..architecture_patterns.request_session import RequestSession
from ..database_patterns.models import InvoiceRow
from .invoice_view import InvoiceView

invoice_search = APIRouter(tags=["invoices"])


@invoice_search.get("/invoices/search")
async def search_invoices(
    session: RequestSession, sort: str = "-issued_at", limit: int = 20
) -> list[InvoiceView]:
    column = getattr(InvoiceRow, sort.lstrip("-"))
    query = (
        select(InvoiceRow)
        .order_by(desc(column) if sort.startswith("-") else column)
        .limit(limit)
    )
    return [InvoiceView.of(row) for row in await session.scalars(query)]
