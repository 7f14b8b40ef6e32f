"""Filtering and sorting from an allow-list: clients choose, you translate.

No name that a client sends becomes part of a statement. Each filter is a field
with a type, each order a member of an enum with its columns beside it; what is
neither is refused. OpenAPI lists both.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import ColumnElement, UnaryExpression, select

from ..architecture_patterns.request_session import RequestSession
from ..database_patterns.models import InvoiceRow, InvoiceStatus
from .field_types import Amount, RequestModel
from .invoice_view import InvoiceView

invoice_search = APIRouter(tags=["invoices"])


class InvoiceFilter(RequestModel):
    """What a client may ask for; a name that is not here is a 422."""

    buyer_id: UUID | None = None
    status: InvoiceStatus | None = None
    min_total: Amount | None = None

    def criteria(self) -> list[ColumnElement[bool]]:
        asked = []
        if self.buyer_id is not None:
            asked.append(InvoiceRow.buyer_id == self.buyer_id)
        if self.status is not None:
            asked.append(InvoiceRow.status == self.status)
        if self.min_total is not None:
            asked.append(InvoiceRow.total >= self.min_total)
        return asked


class InvoiceSort(StrEnum):
    """The orders that are offered; "-" is descending."""

    NEWEST = "-issued_at"
    OLDEST = "issued_at"
    LARGEST = "-total"
    SMALLEST = "total"


# Each ends with the id: among equals, the order would be any.
ORDERS: dict[InvoiceSort, Sequence[UnaryExpression[Any]]] = {
    InvoiceSort.NEWEST: (InvoiceRow.issued_at.desc(), InvoiceRow.id.desc()),
    InvoiceSort.OLDEST: (InvoiceRow.issued_at.asc(), InvoiceRow.id.asc()),
    InvoiceSort.LARGEST: (InvoiceRow.total.desc(), InvoiceRow.id.desc()),
    InvoiceSort.SMALLEST: (InvoiceRow.total.asc(), InvoiceRow.id.asc()),
}


class InvoiceSearch(InvoiceFilter):
    """The query of GET /invoices/search."""

    sort: InvoiceSort = InvoiceSort.NEWEST
    limit: Annotated[int, Field(ge=1, le=100)] = 20


@invoice_search.get("/invoices/search")
async def search_invoices(
    search: Annotated[InvoiceSearch, Query()], session: RequestSession
) -> list[InvoiceView]:
    """The invoices that match all filters, in the order asked for."""
    query = (
        select(InvoiceRow)
        .where(*search.criteria())
        .order_by(*ORDERS[search.sort])
        .limit(search.limit)
    )
    return [InvoiceView.of(row) for row in await session.scalars(query)]
