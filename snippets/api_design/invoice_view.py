"""An invoice as clients see it."""

from datetime import datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from ..database_patterns.models import InvoiceRow, InvoiceStatus


class InvoiceView(BaseModel):
    """`total` is a string in JSON, never a float; `details` stay inside."""

    id: UUID
    buyer_id: UUID
    status: InvoiceStatus
    currency: str
    total: Decimal
    issued_at: datetime

    @classmethod
    def of(cls, row: InvoiceRow) -> Self:
        return cls(
            id=row.id,
            buyer_id=row.buyer_id,
            status=row.status,
            currency=row.currency,
            total=row.total,
            issued_at=row.issued_at,
        )
