"""The payment provider over HTTP: the adapter of Event-driven architecture.

Its idempotency keys are made of the order's id, so they are the same in every
attempt, in every process.
"""

from uuid import UUID

import httpx

from snippets.domain_driven_design.money import Money
from snippets.event_driven.http_payments import HttpPayments, require_success
from snippets.event_driven.participants import RefusedError


class HttpPaymentProvider:
    """Fits the port `Payments`; the account with the provider is in euros.

    Raises:
        httpx.HTTPError, UnknownOutcomeError: the outcome is unknown: call it
            again.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._payments = HttpPayments(client)

    async def charge(self, order_id: UUID, amount: Money) -> None:
        if amount.currency != "EUR":
            raise RefusedError(f"No account for {amount.currency}")
        await self._payments.charge(f"charge-{order_id}", amount.minor_units)

    async def refund(self, order_id: UUID) -> None:
        response = await self._client.post(
            "/refunds",
            json={"charge": f"charge-{order_id}"},
            headers={"Idempotency-Key": f"refund-{order_id}"},
        )
        require_success(response, {"refunded": f"charge-{order_id}"})
