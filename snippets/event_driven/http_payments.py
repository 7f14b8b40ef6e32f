"""Payments by an HTTP provider that honours an Idempotency-Key header."""

import httpx

from .participants import CENTS, RefusedError, require_amount


class HttpPayments:
    """``client`` knows the provider's address, credentials and timeout."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def charge(self, key: str, cents: int) -> None:
        """Only 402 is a no; a timeout or a 5xx leaves the outcome unknown.

        Raises:
            RefusedError: the payment was declined, or it is no amount.
            httpx.HTTPError: repeat it with the same key.
        """
        require_amount(cents, CENTS)
        response = await self._client.post(
            "/charges",
            json={"cents": cents},
            headers={"Idempotency-Key": key},
        )
        if response.status_code == httpx.codes.PAYMENT_REQUIRED:
            raise RefusedError("the payment was declined")
        response.raise_for_status()
