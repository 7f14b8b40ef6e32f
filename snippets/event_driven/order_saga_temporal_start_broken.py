"""Broken: trusts that an id is used once. Temporal means: once at a time."""

from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import WorkflowAlreadyStartedError

from .order_saga_temporal import OrderPlan, OrderSaga


async def start_order_saga(
    client: Client, order: OrderPlan, task_queue: str
) -> WorkflowHandle[OrderSaga, str]:
    try:
        return await client.start_workflow(
            OrderSaga.run, order, id=str(order.id), task_queue=task_queue
        )
    except WorkflowAlreadyStartedError:
        return client.get_workflow_handle_for(OrderSaga.run, str(order.id))
