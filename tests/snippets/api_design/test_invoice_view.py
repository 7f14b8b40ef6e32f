"""An invoice as clients see it: exact, and without what is inside."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from snippets.api_design.invoice_view import InvoiceView
from snippets.database_patterns.models import InvoiceRow, InvoiceStatus


def test_a_view_is_exact_and_has_no_details():
    row = InvoiceRow(
        id=uuid4(),
        buyer_id=uuid4(),
        status=InvoiceStatus.PAID,
        currency="KWD",
        total=Decimal("123456789012345.678"),
        issued_at=datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        details={"risk": 7},
    )

    shown = json.loads(InvoiceView.of(row).model_dump_json())

    assert shown == {
        "id": str(row.id),
        "buyer_id": str(row.buyer_id),
        "status": "paid",
        "currency": "KWD",
        "total": "123456789012345.678",
        "issued_at": "2026-01-01T00:00:00.000001Z",
    }
