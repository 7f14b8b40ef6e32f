"""A process that runs one order's saga, to be killed by a test.

``python -m … fix|broken DATABASE PROVIDER ORDER_ID``
"""

import asyncio
import sys
from uuid import UUID

from snippets.event_driven.order_saga import new_order_saga
from snippets.event_driven.saga_in_memory_broken import run_saga
from tests.snippets.event_driven.order_flow import (
    CENTS,
    PIECES,
    SKU,
    OrderFlow,
    participants,
)


async def persisted(flow: OrderFlow, order_id: UUID) -> None:
    await flow.start_saga(order_id)
    await flow.runner().run_once()


async def in_memory(flow: OrderFlow, order_id: UUID) -> None:
    await run_saga(
        new_order_saga(order_id, SKU, PIECES, CENTS), flow.definition
    )


WAYS = {"fix": persisted, "broken": in_memory}


async def main(way: str, database: str, provider: str, order_id: str) -> None:
    async with participants(database, provider) as flow:
        await WAYS[way](flow, UUID(order_id))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
