"""Indexes: four queries, and which index of `models` each is read from.

A B-tree index holds its columns one after the other, sorted. It serves a query
that fixes the first ones and reads on in the order of the next.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from .models import InvoiceRow, InvoiceStatus


def newest_of(buyer_id: UUID, limit: int) -> Select[InvoiceRow]:
    """A buyer's newest invoices. Composite, ``ix_invoices_buyer``: what is
    equal comes first, then what is sorted by; read backwards.
    """
    return (
        select(InvoiceRow)
        .where(InvoiceRow.buyer_id == buyer_id)
        .order_by(InvoiceRow.issued_at.desc(), InvoiceRow.id.desc())
        .limit(limit)
    )


def longest_open(limit: int) -> Select[InvoiceRow]:
    """Whom to remind first. Partial, ``ix_invoices_open``: it holds the open
    invoices only, so it is small, and a paid one costs nothing in it.
    """
    return (
        select(InvoiceRow)
        .where(InvoiceRow.status == InvoiceStatus.OPEN)
        .order_by(InvoiceRow.issued_at)
        .limit(limit)
    )


def billed_to(buyer_id: UUID) -> Select[str, Decimal]:
    """All that was ever billed, by currency. Covering, ``ix_invoices_buyer``:
    it includes what is asked for, so the table itself is not read.
    """
    return (
        select(InvoiceRow.currency, func.sum(InvoiceRow.total))
        .where(InvoiceRow.buyer_id == buyer_id)
        .group_by(InvoiceRow.currency)
    )


def issued_on(day: date, zone: ZoneInfo) -> Select[InvoiceRow]:
    """One day's invoices, from ``ix_invoices_issued``: a day is a range of
    instants, 23 to 25 hours long.

    Raises:
        OverflowError: the day ends outside of the calendar.
    """
    midnight, next_midnight = (
        datetime.combine(each, time.min, zone).astimezone(UTC)
        for each in (day, day + timedelta(days=1))
    )
    return select(InvoiceRow).where(
        InvoiceRow.issued_at >= midnight, InvoiceRow.issued_at < next_midnight
    )
