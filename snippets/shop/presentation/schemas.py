"""What clients send and get. Amounts are text: JSON numbers become floats."""

from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from snippets.api_design.field_types import RequestModel, Text
from snippets.domain_driven_design.money import Money

from ..application.order_queries import OrderDetails, OrderSummary
from ..application.place_order import Item, NewOrder

Sku = Annotated[
    str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]*$", max_length=32)
]
Quantity = Annotated[int, Field(strict=True, ge=1, le=99)]


class LineRequest(RequestModel):
    """Some pieces of one article."""

    sku: Sku
    quantity: Quantity

    def to_item(self) -> Item:
        return Item(self.sku, self.quantity)


class OrderRequest(RequestModel):
    """The body of POST /orders."""

    customer_id: UUID
    lines: Annotated[list[LineRequest], Field(min_length=1, max_length=100)]

    def to_new_order(self) -> NewOrder:
        return NewOrder(
            self.customer_id, [line.to_item() for line in self.lines]
        )


class CancellationRequest(RequestModel):
    """The body of POST /orders/{id}/cancellation."""

    reason: Text


class OrderListQuery(RequestModel):
    """The query of GET /orders."""

    customer_id: UUID | None = None
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class MoneyView(BaseModel):
    """An amount, such as ``"9.80"``, and its ISO 4217 currency."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, money: Money) -> Self:
        return cls(amount=money.amount, currency=money.currency)


class LineView(BaseModel):
    """One line at the price agreed for each piece."""

    sku: str
    quantity: int
    unit_price: MoneyView


class OrderView(BaseModel):
    """One order."""

    id: UUID
    customer_id: UUID
    status: str
    lines: list[LineView]
    total: MoneyView

    @classmethod
    def of(cls, order: OrderDetails) -> Self:
        return cls(
            id=order.id,
            customer_id=order.customer_id,
            status=order.status,
            lines=[
                LineView(
                    sku=line.sku,
                    quantity=line.quantity,
                    unit_price=MoneyView.of(line.unit_price),
                )
                for line in order.lines
            ],
            total=MoneyView.of(order.total),
        )


class SummaryView(BaseModel):
    """One order in a list."""

    id: UUID
    customer_id: UUID
    status: str
    pieces: int
    total: MoneyView

    @classmethod
    def of(cls, order: OrderSummary) -> Self:
        return cls(
            id=order.id,
            customer_id=order.customer_id,
            status=order.status,
            pieces=order.pieces,
            total=MoneyView.of(order.total),
        )


class OrderList(BaseModel):
    """A page of orders; ``next`` is the ``after`` of the next, if any."""

    orders: list[SummaryView]
    next: UUID | None
