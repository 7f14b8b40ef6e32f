"""Broken: what a refused item has written is committed with the others."""

from fastapi import APIRouter

from ..architecture_patterns.request_session import RequestSession
from ..code_style.error_outcomes import outcome_of
from ..code_style.errors import DomainError
from .bulk_payments import BatchOutcome, PaymentBatch, PaymentOutcome
from .invoice_payments import InvoicePayment, record_payment

bulk_payments = APIRouter()


@bulk_payments.post("/payments/bulk", response_model_exclude_none=True)
async def record_payments(
    batch: PaymentBatch, session: RequestSession
) -> BatchOutcome:
    outcomes = []
    for item in batch.payments:
        payment = InvoicePayment(item.id, item.invoice_id, item.amount)
        try:
            is_new = await record_payment(session, payment)
        except DomainError as error:
            status = outcome_of(error).status
        else:
            status = 201 if is_new else 200
        outcomes.append(PaymentOutcome(id=item.id, status=status))
    failed = [outcome for outcome in outcomes if outcome.status >= 400]
    return BatchOutcome(outcomes=outcomes, failed=len(failed))
