"""The order saga on Temporal: a workflow that conducts activities.

The workflow is replayed from its history after a crash, so it may do nothing
but conduct: no I/O, no clock, no randomness of its own. Activities do the work,
at least once each, so they must be idempotent here as well.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from .participants import Orders, Payments, RefusedError, Stock


@dataclass(frozen=True)
class OrderPlan:
    """What the workflow is started with: JSON, for as long as it runs."""

    id: UUID
    sku: str
    pieces: int
    cents: int


class OrderActivities:
    """Runs in the worker; register each method there."""

    def __init__(
        self, orders: Orders, stock: Stock, payments: Payments
    ) -> None:
        self._orders = orders
        self._stock = stock
        self._payments = payments

    @activity.defn
    async def place_order(self, order: OrderPlan) -> None:
        await self._orders.place(order.id)

    @activity.defn
    async def reserve_stock(self, order: OrderPlan) -> None:
        await self._stock.reserve(str(order.id), order.sku, order.pieces)

    @activity.defn
    async def charge_payment(self, order: OrderPlan) -> None:
        await self._payments.charge(str(order.id), order.cents)

    @activity.defn
    async def confirm_order(self, order: OrderPlan) -> None:
        await self._orders.confirm(order.id)

    @activity.defn
    async def release_stock(self, order: OrderPlan) -> None:
        await self._stock.release(str(order.id))

    @activity.defn
    async def cancel_order(self, order: OrderPlan) -> None:
        await self._orders.cancel(order.id)


@workflow.defn
class OrderSaga:
    """Start it under the order's id."""

    @workflow.run
    async def run(self, order: OrderPlan) -> str:
        try:
            await until_it_holds(OrderActivities.place_order, order)
            await until_it_holds(OrderActivities.reserve_stock, order)
            await until_it_holds(OrderActivities.charge_payment, order)
        except ActivityError as error:
            if not is_refusal(error):
                raise
            # Each accepts that there may be nothing to undo.
            await until_it_holds(OrderActivities.release_stock, order)
            await until_it_holds(OrderActivities.cancel_order, order)
            return "cancelled"
        await until_it_holds(OrderActivities.confirm_order, order)
        return "confirmed"


async def until_it_holds(
    step: Callable[[OrderActivities, OrderPlan], Awaitable[None]],
    order: OrderPlan,
) -> None:
    """Repeat ``step`` until it succeeds or is refused."""
    await workflow.execute_activity_method(
        step,
        order,
        start_to_close_timeout=timedelta(seconds=2),
        retry_policy=RetryPolicy(
            initial_interval=timedelta(seconds=0.1),
            maximum_interval=timedelta(minutes=10),
            non_retryable_error_types=[RefusedError.__name__],
        ),
    )


def is_refusal(error: ActivityError) -> bool:
    """Whether the activity's code raised RefusedError."""
    cause = error.cause
    return (
        isinstance(cause, ApplicationError)
        and cause.type == RefusedError.__name__
    )
