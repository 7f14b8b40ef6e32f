"""Starting the order saga on Temporal: once for each order, for good."""

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from .order_saga_temporal import OrderPlan, OrderSaga


async def start_order_saga(
    client: Client, order: OrderPlan, task_queue: str
) -> WorkflowHandle[OrderSaga, str]:
    """The order's workflow; repeated, the one that runs or has ended.

    Temporal refuses the id for as long as it keeps the ended workflow, its
    namespace's retention. By default it would run the saga again.
    """
    try:
        return await client.start_workflow(
            OrderSaga.run,
            order,
            id=str(order.id),
            task_queue=task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
    except WorkflowAlreadyStartedError:
        return client.get_workflow_handle_for(OrderSaga.run, str(order.id))
