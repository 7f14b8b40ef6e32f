"""Broken: the same rows, asked for in words that no index knows."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from .models import InvoiceRow, InvoiceStatus


def newest_of(buyer_id: UUID, limit: int) -> Select[InvoiceRow]:
    return (
        select(InvoiceRow)
        .where(InvoiceRow.buyer_id == buyer_id)
        .order_by(InvoiceRow.issued_at.desc().nulls_last(), InvoiceRow.id)
        .limit(limit)
    )


def longest_open(limit: int) -> Select[InvoiceRow]:
    closed = [InvoiceStatus.PAID, InvoiceStatus.VOID]
    return (
        select(InvoiceRow)
        .where(InvoiceRow.status.not_in(closed))
        .order_by(InvoiceRow.issued_at)
        .limit(limit)
    )


def issued_on(day: date, zone: ZoneInfo) -> Select[InvoiceRow]:
    local = func.timezone(zone.key, InvoiceRow.issued_at)
    return select(InvoiceRow).where(func.date(local) == day)
