"""Routes whose every value is bounded by its type, in path and body."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.dialects.postgresql import insert

from ..architecture_patterns.request_session import RequestSession
from ..code_style.errors import NotFoundError
from ..database_patterns.models import InvoiceLineRow, InvoiceRow
from .field_types import (
    Amount,
    Int32,
    JsonObject,
    Pieces,
    RequestModel,
    Text,
)

invoice_lines = APIRouter(prefix="/invoices/{invoice_id}", tags=["invoices"])


class InvoiceLineBody(RequestModel):
    """One line, without what the path says."""

    sku: Text
    quantity: Pieces
    unit_price: Amount


@invoice_lines.put("/lines/{position}", status_code=204)
async def put_line(
    invoice_id: UUID,
    position: Int32,
    line: InvoiceLineBody,
    session: RequestSession,
) -> None:
    """Write one line, over the one that is there."""
    await _require_invoice(session, invoice_id)
    columns = line.model_dump()
    await session.execute(
        insert(InvoiceLineRow)
        .values(invoice_id=invoice_id, position=position, **columns)
        .on_conflict_do_update(
            index_elements=["invoice_id", "position"], set_=columns
        )
    )


@invoice_lines.put("/details", status_code=204)
async def put_details(
    invoice_id: UUID, details: JsonObject, session: RequestSession
) -> None:
    """Write what the shop has no column for."""
    invoice = await _require_invoice(session, invoice_id)
    invoice.details = details


async def _require_invoice(
    session: RequestSession, invoice_id: UUID
) -> InvoiceRow:
    invoice = await session.get(InvoiceRow, invoice_id)
    if invoice is None:
        raise NotFoundError(f"There is no invoice {invoice_id}")
    return invoice
