"""Broken: the same rows, by an OR that no index can look up."""

from sqlalchemy import ColumnElement, Select, and_, or_, select

from .keyset_query import InvoiceKey
from .models import InvoiceRow


def invoices_after(
    key: InvoiceKey | None, limit: int, *criteria: ColumnElement[bool]
) -> Select[InvoiceRow]:
    query = (
        select(InvoiceRow)
        .where(*criteria)
        .order_by(InvoiceRow.issued_at.desc(), InvoiceRow.id.desc())
        .limit(limit)
    )
    if key is None:
        return query
    return query.where(
        or_(
            InvoiceRow.issued_at < key.issued_at,
            and_(InvoiceRow.issued_at == key.issued_at, InvoiceRow.id < key.id),
        )
    )
