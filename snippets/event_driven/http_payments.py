"""Payments by an HTTP provider that honours an Idempotency-Key header."""

import httpx

from .participants import CENTS, RefusedError, require_amount


class UnknownOutcomeError(Exception):
    """The answer is not the provider's: repeat the call with the same key."""


class HttpPayments:
    """``client`` knows the provider's address, credentials and timeout."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def charge(self, key: str, cents: int) -> None:
        """A yes and a no name the amount; all else leaves the outcome unknown.

        Raises:
            RefusedError: the payment was declined, or it is no amount.
            httpx.HTTPError: no answer, or not of success: repeat it with the
                same key.
            UnknownOutcomeError: a 200 of somebody else's, such as a proxy with
                a page of its own: likewise.
        """
        require_amount(cents, CENTS)
        response = await self._client.post(
            "/charges",
            json={"cents": cents},
            headers={"Idempotency-Key": key},
        )
        declined = response.status_code == httpx.codes.PAYMENT_REQUIRED
        if declined and said(response) == {"declined": cents}:
            raise RefusedError("the payment was declined")
        require_success(response, {"charged": cents})


def require_success(response: httpx.Response, answer: object) -> None:
    """Raises what `HttpPayments.charge` does unless ``answer`` was given."""
    response.raise_for_status()
    if said(response) != answer:
        raise UnknownOutcomeError(f"Not an answer: {response.text:.200}")


def said(response: httpx.Response) -> object:
    """The JSON of the body; None if there is none."""
    try:
        return response.json()
    except (RecursionError, ValueError):
        return None
