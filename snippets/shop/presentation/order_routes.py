"""Routes: turn HTTP into a call of the application, its answer into HTTP.

They catch nothing: `error_mapping` of Architecture patterns answers errors.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from ..application.cancel_order import CancelOrder
from ..application.order_queries import OrderQueries
from ..application.place_order import PlaceOrder
from .schemas import (
    CancellationRequest,
    OrderList,
    OrderRequest,
    OrderView,
    SummaryView,
)


def order_router(
    place_order: PlaceOrder, cancel_order: CancelOrder, queries: OrderQueries
) -> APIRouter:
    """The routes, given what they call."""
    router = APIRouter(prefix="/orders", tags=["orders"])

    @router.post("", status_code=201)
    async def place(request: OrderRequest, response: Response) -> OrderView:
        order = await place_order(request.to_new_order())
        response.headers["Location"] = f"/orders/{order.id}"
        return OrderView.of(order)

    @router.get("")
    async def show_all(
        customer_id: UUID | None = None,
        after: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> OrderList:
        found = await queries.summaries(
            customer_id=customer_id, after=after, limit=limit
        )
        return OrderList(
            orders=[SummaryView.of(order) for order in found],
            next=found[-1].id if len(found) == limit else None,
        )

    @router.get("/{order_id}")
    async def show(order_id: UUID) -> OrderView:
        return OrderView.of(await queries.details(order_id))

    @router.post("/{order_id}/cancellation")
    async def cancel(order_id: UUID, request: CancellationRequest) -> OrderView:
        return OrderView.of(await cancel_order(order_id, request.reason))

    return router


def known_order(queries: OrderQueries) -> Callable[[UUID], Awaitable[None]]:
    """A dependency: 404 before a stream begins that would never end."""

    async def require(order_id: UUID) -> None:
        await queries.details(order_id)

    return require
