"""Broken: writes back the whole document, as it was when it was read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from .models import InvoiceRow


async def add_details(
    session: AsyncSession, invoice_id: UUID, details: Mapping[str, Any]
) -> dict[str, Any]:
    invoice = await session.get_one(InvoiceRow, invoice_id)
    invoice.details = {**invoice.details, **details}
    await session.flush()
    return invoice.details
