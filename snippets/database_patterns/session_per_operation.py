"""One session for one operation, which begins, commits and closes it.

What is called gets the session and does none of that. No two tasks share one,
and none is open while somebody else's service is asked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVarTuple
from uuid import UUID

from sqlalchemy import Row, Select, select, update
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)

from ..code_style.errors import ConflictError
from .indexes import billed_to, newest_of
from .models import InvoiceRow, InvoiceStatus

Columns = TypeVarTuple("Columns")
Sessions = async_sessionmaker[AsyncSession]
Charge = Callable[[UUID, Decimal, str], Awaitable[None]]


class InvoiceNotOpenError(ConflictError):
    """It is paid, or void, or was never there."""

    code = "invoice-not-open"


def operation_sessions(engine: AsyncEngine) -> Sessions:
    """``async with sessions.begin() as session`` is an operation.

    A query outside of such a block raises InvalidRequestError, and so does a
    second `begin`, or a session that is used after its block.
    """
    return async_sessionmaker(
        engine,
        autobegin=False,
        close_resets_only=False,
        expire_on_commit=False,  # or reading an attribute would query
    )


async def pay_invoice(
    sessions: Sessions, charge: Charge, invoice_id: UUID
) -> None:
    """Charge, then write it down. Repeat it when it failed on the way.

    ``charge`` must charge once for one invoice, however often it is called.

    Raises:
        InvoiceNotOpenError: before the charge; or after it, as somebody else
            has paid it meanwhile, by the same charge, or has made it void.
    """
    async with sessions.begin() as session:
        query = select(InvoiceRow.total, InvoiceRow.currency).where(
            InvoiceRow.id == invoice_id,
            InvoiceRow.status == InvoiceStatus.OPEN,
        )
        amount = (await session.execute(query)).one_or_none()
    if amount is None:
        raise InvoiceNotOpenError(f"Invoice {invoice_id} is not open")
    await charge(invoice_id, amount.total, amount.currency)
    async with sessions.begin() as session:
        await mark_paid(session, invoice_id)


async def mark_paid(session: AsyncSession, invoice_id: UUID) -> None:
    """In the caller's transaction, which the caller commits."""
    paid = await session.scalar(
        update(InvoiceRow)
        .where(InvoiceRow.id == invoice_id)
        .where(InvoiceRow.status == InvoiceStatus.OPEN)
        .values(status=InvoiceStatus.PAID)
        .returning(InvoiceRow.id)
    )
    if paid is None:
        raise InvoiceNotOpenError(f"Invoice {invoice_id} is not open")


@dataclass(frozen=True, slots=True)
class BuyerOverview:
    """Two queries at once; each saw the database at its own moment."""

    newest: list[InvoiceRow]
    billed: dict[str, Decimal]


async def buyer_overview(sessions: Sessions, buyer_id: UUID) -> BuyerOverview:
    """Each task has a session, and so a connection, of its own."""

    async def rows(query: Select[*Columns]) -> list[Row[*Columns]]:
        async with sessions.begin() as session:
            return list(await session.execute(query))

    async with asyncio.TaskGroup() as tasks:
        newest = tasks.create_task(rows(newest_of(buyer_id, 20)))
        billed = tasks.create_task(rows(billed_to(buyer_id)))
    return BuyerOverview(
        [invoice for (invoice,) in newest.result()], dict(billed.result())
    )
