"""The order saga on Temporal's development server: both outcomes, lost
answers, a cancelled activity, a killed worker."""

from uuid import uuid4

import pytest
from temporalio.exceptions import ActivityError, CancelledError

from snippets.event_driven import order_saga_temporal
from snippets.event_driven.order_saga_temporal import OrderPlan, OrderSaga
from tests.snippets.event_driven.order_flow import (
    CENTS,
    COMPENSATED,
    DONE,
    OUT_OF_STOCK,
    PIECES,
    SKU,
    order_flow,
    start_and_kill_while_charging,
)
from tests.snippets.event_driven.order_saga_temporal_process import (
    connect,
    worker,
)


@pytest.fixture
async def flow(asyncpg_url, provider):
    async with order_flow(asyncpg_url, provider.url) as flow:
        yield flow


@pytest.fixture
async def client(temporal_url):
    return await connect(temporal_url)


async def start(client, task_queue):
    order = OrderPlan(id=uuid4(), sku=SKU, pieces=PIECES, cents=CENTS)
    return await client.start_workflow(
        OrderSaga.run, order, id=str(order.id), task_queue=task_queue
    )


async def run(client, flow):
    task_queue = f"orders-{uuid4().hex}"
    async with worker(client, flow, task_queue):
        return await (await start(client, task_queue)).result()


async def test_an_order_is_confirmed(client, flow, provider):
    assert await run(client, flow) == "confirmed"
    assert await flow.outcome(provider) == DONE


async def test_a_declined_payment_is_compensated(client, flow, provider):
    provider.declines = True
    assert await run(client, flow) == "cancelled"
    assert await flow.outcome(provider) == COMPENSATED


async def test_too_little_stock_cancels_without_a_charge(
    client, flow, provider
):
    await flow.execute("update free_stock set free = 0")
    assert await run(client, flow) == "cancelled"
    assert await flow.outcome(provider) == OUT_OF_STOCK


async def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    client, flow, provider
):
    provider.loses_answers = 1
    assert await run(client, flow) == "confirmed"
    assert await flow.outcome(provider) == DONE
    assert len(provider.requests) == 2


async def test_what_is_no_refusal_is_not_compensated(monkeypatch):
    """Cancelled, it may have charged: nobody knows, so nothing is undone."""

    async def cancelled(step, order):
        raise ActivityError(
            "cancelled",
            scheduled_event_id=1,
            started_event_id=2,
            identity="",
            activity_type=step.__name__,
            activity_id="1",
            retry_state=None,
        ) from CancelledError("cancelled")

    monkeypatch.setattr(order_saga_temporal, "until_it_holds", cancelled)
    order = OrderPlan(id=uuid4(), sku=SKU, pieces=PIECES, cents=CENTS)

    with pytest.raises(ActivityError):
        await OrderSaga().run(order)


@pytest.mark.timeout(120)
async def test_another_worker_goes_on_where_one_was_killed(
    asyncpg_url, temporal_url, client, flow, provider
):
    task_queue = f"orders-{uuid4().hex}"
    handle = await start(client, task_queue)
    await start_and_kill_while_charging(
        provider,
        "order_saga_temporal_process",
        *[asyncpg_url, provider.url, temporal_url, task_queue],
    )

    async with worker(client, flow, task_queue):
        assert await handle.result() == "confirmed"

    assert await flow.outcome(provider) == DONE
    assert provider.requests == [handle.id, handle.id]
