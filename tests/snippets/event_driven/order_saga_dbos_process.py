"""A process that runs one order's saga on DBOS, to be killed by a test.

``python -m … DATABASE PROVIDER ORDER_ID``
"""

import asyncio
import sys
from contextlib import asynccontextmanager
from uuid import UUID

from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowHandleAsync
from dbos._dbos import _get_or_create_dbos_registry

from snippets.event_driven.order_saga_dbos import OrderSaga
from tests.snippets.event_driven.order_flow import (
    CENTS,
    PIECES,
    SKU,
    OrderFlow,
    participants,
)


@asynccontextmanager
async def launched(flow: OrderFlow):
    """DBOS keeps its state in the shop's own database, in schema ``dbos``."""
    url = flow.engine.url.set(drivername="postgresql")
    config: DBOSConfig = {
        "name": "shop",
        "system_database_url": url.render_as_string(hide_password=False),
        "application_version": "1",
        "log_level": "ERROR",
        "notification_listener_polling_interval_sec": 0.01,
    }
    DBOS(config=config)
    saga = OrderSaga(flow.orders, flow.stock, flow.payments)
    DBOS.launch()
    try:
        yield saga
    finally:
        await asyncio.to_thread(DBOS.destroy)
        # DBOS keeps the instance for a second launch in the same process.
        _get_or_create_dbos_registry().instance_info_map.clear()


async def started(saga: OrderSaga, order_id: UUID) -> WorkflowHandleAsync[str]:
    with SetWorkflowID(str(order_id)):
        return await DBOS.start_workflow_async(
            saga.run, order_id, SKU, PIECES, CENTS
        )


async def main(database: str, provider: str, order_id: str) -> None:
    async with participants(database, provider) as flow, launched(flow) as saga:
        await (await started(saga, UUID(order_id))).get_result()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
