"""The order saga on DBOS: both outcomes, lost answers, a killed process."""

from uuid import uuid4

import pytest
from dbos import DBOS

from tests.snippets.event_driven.order_flow import (
    COMPENSATED,
    DONE,
    OUT_OF_STOCK,
    order_flow,
    start_and_kill_while_charging,
)
from tests.snippets.event_driven.order_saga_dbos_process import (
    launched,
    started,
)


@pytest.fixture
async def flow(asyncpg_url, provider):
    async with order_flow(asyncpg_url, provider.url) as flow:
        yield flow


async def run(flow):
    async with launched(flow) as saga:
        handle = await started(saga, uuid4())
        return await handle.get_result(polling_interval_sec=0.02)


async def test_an_order_is_confirmed(flow, provider):
    assert await run(flow) == "confirmed"
    assert await flow.outcome(provider) == DONE


async def test_a_declined_payment_is_compensated(flow, provider):
    provider.declines = True
    assert await run(flow) == "cancelled"
    assert await flow.outcome(provider) == COMPENSATED


async def test_too_little_stock_cancels_without_a_charge(flow, provider):
    await flow.execute("update free_stock set free = 0")
    assert await run(flow) == "cancelled"
    assert await flow.outcome(provider) == OUT_OF_STOCK


async def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    flow, provider
):
    provider.loses_answers = 1
    assert await run(flow) == "confirmed"
    assert await flow.outcome(provider) == DONE
    assert len(provider.requests) == 2


async def test_a_repeated_start_joins_the_first(flow, provider):
    order_id = uuid4()
    async with launched(flow) as saga:
        first = await started(saga, order_id)
        second = await started(saga, order_id)
        for handle in (first, second):
            await handle.get_result(polling_interval_sec=0.02)

    assert await flow.outcome(provider) == DONE
    assert len(provider.requests) == 1


async def test_the_next_launch_resumes_what_a_killed_process_began(
    asyncpg_url, flow, provider
):
    """However often it was resumed: by default DBOS gives up after 100."""
    order_id = str(uuid4())
    await start_and_kill_while_charging(
        provider,
        "order_saga_dbos_process",
        *[asyncpg_url, provider.url, order_id],
    )

    await flow.execute(
        "update dbos.workflow_status set recovery_attempts = 999"
    )

    async with launched(flow):
        handle = await DBOS.retrieve_workflow_async(order_id)
        await handle.get_result(polling_interval_sec=0.02)

    assert await flow.outcome(provider) == DONE
    assert provider.requests == [order_id, order_id]
