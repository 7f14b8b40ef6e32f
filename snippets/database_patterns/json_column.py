"""A JSON column, changed by a statement: one key changes, the others stay.

SQLAlchemy writes a column that was assigned to. It does not look into a value,
so what is changed inside one is not written.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from ..code_style.errors import NotFoundError
from ..code_style.storable_text import require_storable
from .models import InvoiceRow


async def add_details(
    session: AsyncSession, invoice_id: UUID, details: Mapping[str, Any]
) -> dict[str, Any]:
    """Merge into the invoice's details, in the caller's transaction.

    Key by key at the top: what is below a key is replaced. Who adds other keys
    at the same time keeps them. An invoice that the session has is renewed.

    Raises:
        NotFoundError: there is no such invoice.
        TypeError: this is no JSON.
        ValueError: nor is this (NaN), or PostgreSQL cannot store it.
    """
    added = json.loads(json.dumps(details, allow_nan=False))
    require_storable(added)
    invoice = await session.scalar(
        update(InvoiceRow)
        .where(InvoiceRow.id == invoice_id)
        .values(details=InvoiceRow.details.concat(added))
        .returning(InvoiceRow)
        .execution_options(populate_existing=True)
    )
    if invoice is None:
        raise NotFoundError(f"There is no invoice {invoice_id}")
    return invoice.details
