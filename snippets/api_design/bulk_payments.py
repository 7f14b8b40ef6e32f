"""POST /payments/bulk: many at once, and each has an outcome of its own."""

from http.client import responses
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from ..architecture_patterns.request_session import RequestSession
from ..code_style.database_errors import database_errors
from ..code_style.error_outcomes import PROBLEM_TYPES, outcome_of
from ..code_style.errors import DomainError
from .field_types import Amount, RequestModel
from .invoice_payments import InvoicePayment, record_payment
from .problem_details import ProblemDetails

bulk_payments = APIRouter(tags=["payments"])


class PaymentItem(RequestModel):
    """One payment; `id` is the sender's, so that it can be sent again."""

    id: UUID
    invoice_id: UUID
    amount: Amount


class PaymentBatch(RequestModel):
    """Bounded: its transaction locks an invoice for each."""

    payments: Annotated[list[PaymentItem], Field(min_length=1, max_length=100)]


class PaymentOutcome(BaseModel):
    """`status` as the payment alone would have got: 201, 200, 404 or 409."""

    id: UUID
    status: int
    problem: ProblemDetails | None = None


class BatchOutcome(BaseModel):
    """As many as were sent, in their order."""

    outcomes: list[PaymentOutcome]
    failed: int


@bulk_payments.post("/payments/bulk", response_model_exclude_none=True)
async def record_payments(
    batch: PaymentBatch, session: RequestSession
) -> BatchOutcome:
    """Record those that can be; to send a batch again is safe.

    Invoices are locked in the order of their ids, or two batches could wait for
    each other. An error that is none of the shop's undoes the whole batch.
    """
    items = batch.payments
    outcomes: dict[int, PaymentOutcome] = {}
    with database_errors("record payments"):
        for place in sorted(
            range(len(items)), key=lambda place: items[place].invoice_id
        ):
            outcomes[place] = await outcome_of_item(session, items[place])
    return BatchOutcome(
        outcomes=[outcomes[place] for place in range(len(items))],
        failed=sum(each.status >= 400 for each in outcomes.values()),
    )


async def outcome_of_item(
    session: AsyncSession, item: PaymentItem
) -> PaymentOutcome:
    """Record the payment or leave no trace of it, whatever the others do."""
    payment = InvoicePayment(item.id, item.invoice_id, item.amount)
    try:
        async with session.begin_nested():
            is_new = await record_payment(session, payment)
    except DomainError as error:
        refused = outcome_of(error)
        problem = ProblemDetails(
            type=f"{PROBLEM_TYPES}{refused.code}",
            title=responses[refused.status],
            status=refused.status,
            detail=refused.detail,
        )
        return PaymentOutcome(
            id=item.id, status=refused.status, problem=problem
        )
    return PaymentOutcome(id=item.id, status=201 if is_new else 200)
