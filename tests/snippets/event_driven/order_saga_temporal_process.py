"""A Temporal worker in a process of its own, to be killed by a test.

``python -m … DATABASE PROVIDER TEMPORAL TASK_QUEUE``
"""

import asyncio
import sys
from urllib.parse import urlsplit

from temporalio.client import Client
from temporalio.worker import Worker

from snippets.event_driven.order_saga_temporal import (
    OrderActivities,
    OrderSaga,
)
from tests.snippets.event_driven.order_flow import OrderFlow, participants


async def connect(url: str) -> Client:
    return await Client.connect(urlsplit(url).netloc)


def worker(client: Client, flow: OrderFlow, task_queue: str) -> Worker:
    do = OrderActivities(flow.orders, flow.stock, flow.payments)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[OrderSaga],
        activities=[
            *[do.place_order, do.reserve_stock, do.charge_payment],
            *[do.confirm_order, do.release_stock, do.cancel_order],
        ],
        # A killed worker's cached workflows would be waited for: ten seconds.
        max_cached_workflows=0,
    )


async def main(
    database: str, provider: str, temporal: str, task_queue: str
) -> None:
    async with participants(database, provider) as flow:
        await worker(await connect(temporal), flow, task_queue).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
