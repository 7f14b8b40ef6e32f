"""Keyset pagination: each page begins where the one before it ended.

What comes or goes between two requests moves nothing: each invoice that was
there all the time is on exactly one page.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ..architecture_patterns.request_session import RequestSession
from ..database_patterns.keyset_query import InvoiceKey, invoices_after
from .invoice_query import InvoiceFilter
from .invoice_view import InvoiceView
from .page_cursor import from_cursor, to_cursor

invoice_list = APIRouter(tags=["invoices"])


class InvoiceListQuery(InvoiceFilter):
    """The query of GET /invoices; a cursor goes with the filters it had."""

    cursor: Annotated[str, Field(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class InvoicePage(BaseModel):
    """The newest first; ``next`` is the cursor of the next page, if any."""

    items: list[InvoiceView]
    next: str | None


@invoice_list.get("/invoices")
async def list_invoices(
    query: Annotated[InvoiceListQuery, Query()], session: RequestSession
) -> InvoicePage:
    """A page of invoices; pass its ``next`` as ``cursor`` for the one after."""
    filters = query.model_dump_json(exclude={"cursor", "limit"})
    after = None
    if query.cursor is not None:
        after = from_cursor(query.cursor, filters)
    one_more = invoices_after(after, query.limit + 1, *query.criteria())
    rows = (await session.scalars(one_more)).all()
    page = rows[: query.limit]
    return InvoicePage(
        items=[InvoiceView.of(row) for row in page],
        next=to_cursor(InvoiceKey.of(page[-1]), filters)
        if len(rows) > query.limit
        else None,
    )
