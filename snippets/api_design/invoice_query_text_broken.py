"""Broken: what the client sends is part of the statement."""

from fastapi import APIRouter
from sqlalchemy import select, text

from ..architecture_patterns.request_session import RequestSession
from ..database_patterns.models import InvoiceRow
from .invoice_view import InvoiceView

invoice_search = APIRouter(tags=["invoices"])


@invoice_search.get("/invoices/search")
async def search_invoices(
    session: RequestSession, sort: str = "issued_at DESC", limit: int = 20
) -> list[InvoiceView]:
    query = select(InvoiceRow).order_by(text(sort)).limit(limit)
    return [InvoiceView.of(row) for row in await session.scalars(query)]
