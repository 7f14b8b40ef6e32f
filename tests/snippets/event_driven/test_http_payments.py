"""Payments over HTTP: what is a no, and what is unknown."""

from http import HTTPStatus

import httpx
import pytest

from snippets.event_driven.http_payments import (
    HttpPayments,
    UnknownOutcomeError,
)
from snippets.event_driven.participants import RefusedError


@pytest.fixture
async def payments(provider):
    async with httpx.AsyncClient(base_url=provider.url) as client:
        yield HttpPayments(client)


async def test_a_charge_names_its_key(payments, provider):
    await payments.charge("order-7", 980)
    assert provider.charges == {"order-7": 980}


async def test_a_declined_payment_is_a_refusal(payments, provider):
    provider.declines = True
    with pytest.raises(RefusedError):
        await payments.charge("order-7", 980)


async def test_a_provider_in_trouble_has_refused_nothing(payments, provider):
    provider.unavailable = 1
    with pytest.raises(httpx.HTTPStatusError):
        await payments.charge("order-7", 980)


async def test_an_answer_that_is_lost_may_be_asked_for_again(
    payments, provider
):
    provider.loses_answers = 1
    with pytest.raises(httpx.RemoteProtocolError):
        await payments.charge("order-7", 980)
    await payments.charge("order-7", 980)
    assert provider.charges == {"order-7": 980}


LOGIN = b"<html>Please log in to the network</html>"
GARBAGE = [LOGIN, b"", b"\xff", b"null", b"[" * 100_000, b'{"charged": 1}']


@pytest.mark.parametrize("body", GARBAGE)
async def test_an_answer_that_is_none_leaves_the_outcome_unknown(
    payments, provider, body
):
    provider.instead = [(HTTPStatus.OK, body)]
    with pytest.raises(UnknownOutcomeError):
        await payments.charge("order-7", 980)
    await payments.charge("order-7", 980)
    assert provider.charges == {"order-7": 980}


@pytest.mark.parametrize("status", [302, 402, 403, 404, 409, 500, 502, 504])
async def test_an_error_after_the_charge_leaves_the_outcome_unknown(
    payments, provider, status
):
    provider.instead = [(HTTPStatus(status), LOGIN)]
    with pytest.raises(httpx.HTTPStatusError):
        await payments.charge("order-7", 980)
    await payments.charge("order-7", 980)
    assert provider.charges == {"order-7": 980}


@pytest.mark.parametrize("cents", [-980, True, 9.8, "980"])
async def test_the_provider_is_not_asked_for_what_is_no_amount(
    payments, provider, cents
):
    with pytest.raises(RefusedError, match="Not an amount"):
        await payments.charge("order-7", cents)
    assert provider.requests == []
