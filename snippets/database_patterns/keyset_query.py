"""Keyset query: the rows after a given one, straight from an index.

`(issued_at, id) < (…, …)` compares rows, not columns one by one. PostgreSQL
looks the place up in an index on the same columns and reads on from there, so
a late page costs what the first costs. The id makes each key unique.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, tuple_

from .models import InvoiceRow


class InvoiceKey(NamedTuple):
    """An invoice's place in the order, in full: microseconds, aware."""

    issued_at: datetime
    id: UUID

    @classmethod
    def of(cls, row: InvoiceRow) -> "InvoiceKey":
        return cls(row.issued_at, row.id)


def invoices_after(
    key: InvoiceKey | None, limit: int, *criteria: ColumnElement[bool]
) -> Select[InvoiceRow]:
    """At most ``limit`` invoices after ``key``, the newest first.

    None is the start. The invoice of the key itself need not exist any more.
    """
    place = tuple_(InvoiceRow.issued_at, InvoiceRow.id)
    query = (
        select(InvoiceRow)
        .where(*criteria)
        .order_by(InvoiceRow.issued_at.desc(), InvoiceRow.id.desc())
        .limit(limit)
    )
    return query if key is None else query.where(place < key)
