"""Broken: whoever knows an order's id may read and cancel it."""

from uuid import UUID

from fastapi import APIRouter

from ..architecture_patterns.order_routes import OrderView
from .current_user import CurrentUser
from .dependencies import Orders, Units
from .my_order_routes import Cancellation

my_orders = APIRouter(prefix="/orders", tags=["orders"])


@my_orders.get("/{order_id}")
async def show_my_order(
    order_id: UUID, user: CurrentUser, units: Units
) -> OrderView:
    async with units() as work:
        return OrderView.of(await work.orders.get(order_id))


@my_orders.post("/{order_id}/cancellation", status_code=204)
async def cancel_my_order(
    order_id: UUID,
    cancellation: Cancellation,
    user: CurrentUser,
    orders: Orders,
) -> None:
    await orders.cancel(order_id, cancellation.reason)
