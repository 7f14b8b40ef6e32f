"""One order's saga, in a process that a test kills.

Started by the crash-point harness, or as
``python -m … fix|broken DATABASE PROVIDER ORDER_ID``.
"""

import asyncio
import importlib
import sys
from uuid import UUID

from sqlalchemy import text

from snippets.event_driven.order_saga import new_order_saga
from snippets.event_driven.saga_compensation_broken import BestEffortSagaRunner
from snippets.event_driven.saga_in_memory_broken import run_saga
from snippets.event_driven.saga_runner import SagaRunner
from tests.snippets.event_driven.order_flow import (
    CENTS,
    PIECES,
    SKU,
    OrderFlow,
    participants,
)

for lazily_imported in ("httpcore", "anyio._backends._asyncio"):
    importlib.import_module(lazily_imported)  # once, not in every fork


async def persisted(flow: OrderFlow, order_id: UUID) -> None:
    await flow.start_saga(order_id)
    await flow.work(flow.runner(SagaRunner))


async def best_effort(flow: OrderFlow, order_id: UUID) -> None:
    await flow.start_saga(order_id)
    await flow.work(flow.runner(BestEffortSagaRunner))


async def in_memory(flow: OrderFlow, order_id: UUID) -> None:
    await run_saga(
        new_order_saga(order_id, SKU, PIECES, CENTS), flow.definition
    )


WAYS = {"fix": persisted, "best effort": best_effort, "in memory": in_memory}


def with_outage(flow: OrderFlow) -> OrderFlow:
    """The next release fails, whichever process attempts it."""

    async def release(key: str) -> None:
        async with flow.engine.begin() as connection:
            outage = await connection.execute(text("delete from outages"))
        if outage.rowcount:
            raise ConnectionError("the warehouse is away")
        await reach_it(key)

    reach_it = flow.stock.release
    flow.stock.release = release
    return flow


async def main(way: str, database: str, provider: str, order_id: str) -> None:
    async with participants(database, provider) as flow:
        await WAYS[way](flow, UUID(order_id))


async def main_with_outage(
    way: str, database: str, provider: str, order_id: str
) -> None:
    async with participants(database, provider) as flow:
        await WAYS[way](with_outage(flow), UUID(order_id))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
