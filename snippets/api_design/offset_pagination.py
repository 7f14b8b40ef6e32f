"""Offset pagination: numbered pages in any order, as far as people turn them.

PostgreSQL reads every row before the page and throws it away, so the numbers
end at `MAX_ROWS`, and so does the count.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import func, literal, select

from ..architecture_patterns.request_session import RequestSession
from ..database_patterns.models import InvoiceRow
from .invoice_query import ORDERS, InvoiceFilter, InvoiceSort
from .invoice_view import InvoiceView

MAX_ROWS = 10_000
numbered_invoices = APIRouter(tags=["invoices"])


class NumberedPageQuery(InvoiceFilter):
    """The query of GET /invoices/pages."""

    sort: InvoiceSort = InvoiceSort.NEWEST
    page: Annotated[int, Field(ge=1, le=MAX_ROWS // 100)] = 1
    per_page: Annotated[int, Field(ge=1, le=100)] = 20


class NumberedPage(BaseModel):
    """``total`` counts to MAX_ROWS: that many may be more."""

    items: list[InvoiceView]
    page: int
    total: int


@numbered_invoices.get("/invoices/pages")
async def show_page(
    query: Annotated[NumberedPageQuery, Query()], session: RequestSession
) -> NumberedPage:
    """A page of invoices, and how many there are."""
    criteria = query.criteria()
    rows = await session.scalars(
        select(InvoiceRow)
        .where(*criteria)
        .order_by(*ORDERS[query.sort])
        .limit(query.per_page)
        .offset((query.page - 1) * query.per_page)
    )
    counted = select(literal(1)).where(*criteria).select_from(InvoiceRow)
    total = await session.scalar(
        select(func.count()).select_from(counted.limit(MAX_ROWS).subquery())
    )
    return NumberedPage(
        items=[InvoiceView.of(row) for row in rows],
        page=query.page,
        total=total or 0,
    )
