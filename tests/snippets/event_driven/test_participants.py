"""The contract of all participants: repeated or late, a call does no harm."""

from uuid import uuid4

import pytest

from snippets.event_driven import participants
from snippets.event_driven.order_saga import OrderSteps
from snippets.event_driven.participants import RefusedError, require_amount
from snippets.event_driven.postgres_orders import PostgresOrders
from snippets.event_driven.saga_runner import SagaRunner
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

    with pytest.raises(RefusedError, match="cancelled"):
        await flow.orders.place(ORDER)
    with pytest.raises(RefusedError, match="released"):
        await flow.stock.reserve("key", SKU, PIECES)

    assert await flow.outcome(provider) == Outcome("cancelled", ON_SHELF, ())


async def test_a_refusal_is_repeated_even_if_it_could_be_granted_now(
    flow, provider
):
    provider.declines = True
    await flow.execute("update free_stock set free = 1")
    for _ in range(2):
        with pytest.raises(RefusedError):
            await flow.stock.reserve("key", SKU, PIECES)
        with pytest.raises(RefusedError):
            await flow.payments.charge("key", CENTS)
        provider.declines = False
        await flow.execute("update free_stock set free = 10")


async def test_a_cancelled_order_is_not_charged(flow, provider):
    await flow.orders.cancel(ORDER)
    await flow.start_saga(ORDER)
    await flow.work(flow.runner())

    assert await flow.rows("select status from sagas") == [("compensated",)]
    assert await flow.outcome(provider) == Outcome("cancelled", ON_SHELF, ())


async def test_an_order_that_is_cancelled_while_it_is_charged_is_reported(
    flow, provider
):
    class CancelledMeanwhile(PostgresOrders):
        async def confirm(self, order_id):
            await self.cancel(order_id)
            await super().confirm(order_id)

    steps = OrderSteps(
        CancelledMeanwhile(flow.engine), flow.stock, flow.payments
    )
    await flow.start_saga(ORDER)
    await SagaRunner(flow.engine, [steps.definition()]).run_once()

    ((status, attempts, error),) = await flow.rows(
        "select status, attempts, error from sagas"
    )
    assert (status, attempts) == ("running", 1)
    assert f"Order {ORDER} is cancelled" in error


@pytest.mark.parametrize(
    ("amount", "allowed"),
    [(1, "PIECES"), (2**31 - 1, "PIECES"), (0, "CENTS"), (2**63 - 1, "CENTS")],
)
def test_what_the_database_can_hold_is_an_amount(amount, allowed):
    require_amount(amount, getattr(participants, allowed))


@pytest.mark.parametrize("allowed", ["PIECES", "CENTS"])
@pytest.mark.parametrize("amount", [-1, True, 2**63, 1.0, float("nan"), "1"])
def test_anything_else_is_refused(amount, allowed):
    with pytest.raises(RefusedError, match="Not an amount"):
        require_amount(amount, getattr(participants, allowed))
