"""Starting the saga: the second time joins the first, ended or not."""

from uuid import uuid4

import pytest

from snippets.event_driven import (
    order_saga_temporal_start,
    order_saga_temporal_start_broken,
)
from snippets.event_driven.order_saga_temporal import OrderPlan
from tests.snippets.event_driven.order_flow import (
    CENTS,
    PIECES,
    SKU,
    order_flow,
)
from tests.snippets.event_driven.order_saga_temporal_process import (
    connect,
    worker,
)
from tests.support.twins import fix_and_twin

ways = {
    "fix": order_saga_temporal_start,
    "broken": order_saga_temporal_start_broken,
}


@pytest.fixture
async def flow(asyncpg_url, provider):
    async with order_flow(asyncpg_url, provider.url) as flow:
        yield flow


@pytest.fixture
def order():
    return OrderPlan(id=uuid4(), sku=SKU, pieces=PIECES, cents=CENTS)


@fix_and_twin(
    "module",
    order_saga_temporal_start,
    order_saga_temporal_start_broken,
    "A request that is repeated the next day charges the "
    "customer again: the provider has forgotten its key",
)
async def test_started_again_after_it_has_ended_it_does_not_run_again(
    temporal_url, flow, provider, order, module
):
    client, task_queue = await connect(temporal_url), f"orders-{uuid4().hex}"
    async with worker(client, flow, task_queue):
        first = await module.start_order_saga(client, order, task_queue)
        assert await first.result() == "confirmed"
        provider.requests.clear()  # and its keys, some days later
        again = await module.start_order_saga(client, order, task_queue)
        assert await again.result() == "confirmed"

    assert provider.requests == []


@pytest.mark.parametrize("module", ways.values(), ids=ways)
async def test_started_again_while_it_runs_both_join_it(
    temporal_url, order, module
):
    client, task_queue = await connect(temporal_url), f"orders-{uuid4().hex}"
    first = await module.start_order_saga(client, order, task_queue)
    again = await module.start_order_saga(client, order, task_queue)

    assert (await again.describe()).run_id == first.first_execution_run_id
    await first.terminate()
