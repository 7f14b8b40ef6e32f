"""Broken: types that say what Python needs, not what the table holds."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ..architecture_patterns.request_session import RequestSession
from ..database_patterns.models import InvoiceLineRow, InvoiceRow

invoice_lines = APIRouter(prefix="/invoices/{invoice_id}")


class InvoiceLineBody(BaseModel):
    sku: str = Field(min_length=1)
    quantity: int = Field(ge=1)
    unit_price: float = Field(ge=0)


@invoice_lines.put("/lines/{position}", status_code=204)
async def put_line(
    invoice_id: UUID,
    position: int,
    line: InvoiceLineBody,
    session: RequestSession,
) -> None:
    await session.merge(
        InvoiceLineRow(
            invoice_id=invoice_id, position=position, **line.model_dump()
        )
    )


@invoice_lines.put("/details", status_code=204)
async def put_details(
    invoice_id: UUID, details: dict[str, Any], session: RequestSession
) -> None:
    invoice = await session.get_one(InvoiceRow, invoice_id)
    invoice.details = details
