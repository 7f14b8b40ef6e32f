"""Orders of whoever asks: the token says whose, and one dependency checks it.

An order of somebody else is a 404, like one that never was: a 403 would tell
which ids exist.
"""

from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from ..architecture_patterns.order_queries import OrderSummary
from ..architecture_patterns.order_repository import OrderNotFoundError
from ..architecture_patterns.order_routes import Code, OrderView, Quantity
from ..architecture_patterns.place_order import NewOrder
from ..domain_driven_design.order import Order
from .current_user import CurrentUser
from .dependencies import Orders, PlacesOrders, ReadsOrders, Settings, Units
from .field_types import RequestModel, Text, property_names

my_orders = APIRouter(prefix="/orders", tags=["orders"])


class MyOrderRequest(RequestModel):
    """Units by SKU; whose order it is, no body says."""

    quantities: Annotated[
        dict[Code, Quantity],
        Field(
            min_length=1,
            max_length=100,
            json_schema_extra=property_names,
        ),
    ]
    voucher: Code | None = None


class Cancellation(RequestModel):
    """Why."""

    reason: Text


class MyOrderSummary(BaseModel):
    """One order in a list."""

    id: UUID
    status: str
    units: int
    total: Decimal
    currency: str

    @classmethod
    def of(cls, order: OrderSummary) -> Self:
        return cls(
            id=order.id,
            status=order.status,
            units=order.units,
            total=order.total.amount,
            currency=order.total.currency,
        )


class MyOrders(BaseModel):
    """Some orders; ``next`` is the ``after`` of those that follow, if any."""

    orders: list[MyOrderSummary]
    next: UUID | None


async def my_order(order_id: UUID, user: CurrentUser, units: Units) -> Order:
    """Raises OrderNotFoundError: there is none, or it is another's."""
    async with units() as work:
        order = await work.orders.get(order_id)
    if order.customer_id != user.user_id:
        raise OrderNotFoundError(f"There is no order {order_id}")
    return order


MyOrder = Annotated[Order, Depends(my_order)]


@my_orders.post("", status_code=201)
async def place_my_order(
    new: MyOrderRequest,
    user: CurrentUser,
    place_order: PlacesOrders,
    request: Request,
    response: Response,
) -> OrderView:
    """Order at today's prices."""
    order = await place_order(
        NewOrder(user.user_id, new.quantities, new.voucher)
    )
    address = request.url_for("show_my_order", order_id=order.id)
    response.headers["Location"] = address.path
    return OrderView.of(order)


@my_orders.get("")
async def list_my_orders(
    user: CurrentUser,
    queries: ReadsOrders,
    settings: Settings,
    after: UUID | None = None,
    limit: Annotated[int | None, Query(ge=1, le=100)] = None,
) -> MyOrders:
    """My orders, in the order of their ids."""
    limit = limit or settings.page_size
    found = await queries.summaries(user.user_id, after=after, limit=limit + 1)
    orders = [MyOrderSummary.of(each) for each in found[:limit]]
    return MyOrders(
        orders=orders, next=orders[-1].id if len(found) > limit else None
    )


@my_orders.get("/{order_id}")
async def show_my_order(order: MyOrder) -> OrderView:
    """One of my orders."""
    return OrderView.of(order)


@my_orders.post("/{order_id}/cancellation", status_code=204)
async def cancel_my_order(
    order: MyOrder, cancellation: Cancellation, orders: Orders
) -> None:
    """Cancel it, unless it is too late."""
    await orders.cancel(order.id, cancellation.reason)
