"""Routes: turn HTTP into a call of the use case, and its answer into HTTP.

They decide nothing and catch nothing: the rules are in the domain, and the
mapping of errors is in one place, `error_mapping`.
"""

from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ..domain_driven_design.order import Order
from ..domain_driven_design.order_status import OrderStatus
from .place_order import NewOrder, PlaceOrder
from .unit_of_work import UnitOfWorkFactory

Quantity = Annotated[int, Field(ge=1, le=99)]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,32}$")]


class OrderRequest(BaseModel):
    """The body of POST /orders: units by SKU.

    A `Code` has a form, since not every JSON string fits into PostgreSQL's
    text: one with a NUL or with half a surrogate pair does not.
    """

    customer_id: UUID
    quantities: Annotated[
        dict[Code, Quantity], Field(min_length=1, max_length=100)
    ]
    voucher: Code | None = None


class OrderView(BaseModel):
    """An order as clients see it; `total` is a string, never a float."""

    id: UUID
    status: OrderStatus
    total: Decimal
    currency: str

    @classmethod
    def of(cls, order: Order) -> Self:
        total = order.total
        return cls(
            id=order.id,
            status=order.status,
            total=total.amount,
            currency=total.currency,
        )


def order_router(
    place_order: PlaceOrder, unit_of_work: UnitOfWorkFactory
) -> APIRouter:
    """The routes, given what they call."""
    router = APIRouter(prefix="/orders")

    @router.post("", status_code=201)
    async def place(request: OrderRequest, response: Response) -> OrderView:
        order = await place_order(
            NewOrder(request.customer_id, request.quantities, request.voucher)
        )
        response.headers["Location"] = f"/orders/{order.id}"
        return OrderView.of(order)

    @router.get("/{order_id}")
    async def show(order_id: UUID) -> OrderView:
        async with unit_of_work() as work:
            return OrderView.of(await work.orders.get(order_id))

    return router
