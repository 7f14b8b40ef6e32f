"""Routes: turn HTTP into a call of the application, its answer into HTTP.

They catch nothing: `error_mapping` of Architecture patterns answers errors.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from snippets.api_design.idempotency_header import keyed_request, to_response
from snippets.api_design.keyed_request import Answer, KeyedRequest

from ..application.cancel_order import CancelOrder
from ..application.order_queries import OrderDetails, OrderQueries
from ..application.place_order import PlaceOrder
from .schemas import (
    CancellationRequest,
    OrderList,
    OrderListQuery,
    OrderRequest,
    OrderView,
    SummaryView,
)


async def anybody() -> UUID:
    """Whose idempotency key it is. Without a login, all callers are one: who
    sends another's key with an order of their own is refused.
    """
    return UUID(int=0)


KeyedOrder = Annotated[
    KeyedRequest, Depends(keyed_request("POST /orders", anybody))
]


def order_router(
    place_order: PlaceOrder, cancel_order: CancelOrder, queries: OrderQueries
) -> APIRouter:
    """The routes, given what they call."""
    router = APIRouter(prefix="/orders", tags=["orders"])

    @router.post("", status_code=201, response_model=OrderView)
    async def place(request: OrderRequest, keyed: KeyedOrder) -> Response:
        return to_response(
            await place_order(request.to_new_order(), keyed, created)
        )

    @router.get("")
    async def show_all(
        query: Annotated[OrderListQuery, Query()],
    ) -> OrderList:
        found = await queries.summaries(
            customer_id=query.customer_id, after=query.after, limit=query.limit
        )
        return OrderList(
            orders=[SummaryView.of(order) for order in found],
            next=found[-1].id if len(found) == query.limit else None,
        )

    @router.get("/{order_id}")
    async def show(order_id: UUID) -> OrderView:
        return OrderView.of(await queries.details(order_id))

    @router.post("/{order_id}/cancellation")
    async def cancel(order_id: UUID, request: CancellationRequest) -> OrderView:
        return OrderView.of(await cancel_order(order_id, request.reason))

    return router


def created(order: OrderDetails) -> Answer:
    """The answer to a new order."""
    headers = {
        "Content-Type": "application/json",
        "Location": f"/orders/{order.id}",
    }
    body = OrderView.of(order).model_dump_json()
    return Answer(201, headers, body.encode())


def known_order(queries: OrderQueries) -> Callable[[UUID], Awaitable[None]]:
    """A dependency: 404 before a stream begins that would never end."""

    async def require(order_id: UUID) -> None:
        await queries.details(order_id)

    return require
