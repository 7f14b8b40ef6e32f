"""The contract of all participants: repeated or late, a call does no harm."""

from uuid import uuid4

import pytest

from guide.payment_provider import payment_provider
from snippets.event_driven.participants import RefusedError
from tests.snippets.event_driven.order_flow import (
    CENTS,
    ON_SHELF,
    PIECES,
    SKU,
    Outcome,
    order_flow,
)

ORDER = uuid4()


@pytest.fixture
def provider():
    with payment_provider() as provider:
        yield provider


@pytest.fixture
async def flow(asyncpg_url, provider):
    async with order_flow(asyncpg_url, provider.url) as flow:
        yield flow


async def do_all(flow):
    await flow.orders.place(ORDER)
    await flow.stock.reserve("key", SKU, PIECES)
    await flow.payments.charge("key", CENTS)


async def undo_all(flow):
    await flow.stock.release("key")
    await flow.orders.cancel(ORDER)


async def test_repeated_calls_have_one_effect(flow, provider):
    await do_all(flow)
    await do_all(flow)
    await flow.orders.confirm(ORDER)
    await flow.orders.confirm(ORDER)

    assert await flow.outcome(provider) == Outcome(
        "confirmed", ON_SHELF - PIECES, (CENTS,)
    )


async def test_repeated_undos_have_one_effect(flow, provider):
    await flow.orders.place(ORDER)
    await flow.stock.reserve("key", SKU, PIECES)
    await undo_all(flow)
    await undo_all(flow)

    assert await flow.outcome(provider) == Outcome("cancelled", ON_SHELF, ())


async def test_what_is_undone_before_it_arrives_stays_undone(flow, provider):
    await undo_all(flow)

    await flow.orders.place(ORDER)
    with pytest.raises(RefusedError, match="released"):
        await flow.stock.reserve("key", SKU, PIECES)

    assert await flow.outcome(provider) == Outcome("cancelled", ON_SHELF, ())


async def test_a_refusal_is_repeated_even_if_it_could_be_granted_now(
    flow, provider
):
    provider.declines = True
    await flow.execute("update stock set free = 1")
    for _ in range(2):
        with pytest.raises(RefusedError):
            await flow.stock.reserve("key", SKU, PIECES)
        with pytest.raises(RefusedError):
            await flow.payments.charge("key", CENTS)
        provider.declines = False
        await flow.execute("update stock set free = 10")
