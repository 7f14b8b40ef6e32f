"""Specifications of orders: each as Python and as SQL, side by side.

They refuse values that one of the two could not compare.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from ..domain_driven_design.money import Money
from ..domain_driven_design.order import Order
from .new_order import is_text
from .specification import Specification
from .tables import OrderLineRow, OrderRow


@dataclass(frozen=True)
class PlacedBy(Specification):
    """Of this customer."""

    customer_id: UUID

    def is_met_by(self, order: Order) -> bool:
        return order.customer_id == self.customer_id

    def to_sql(self) -> ColumnElement[bool]:
        return OrderRow.customer_id == self.customer_id


@dataclass(frozen=True)
class UsesVoucher(Specification):
    """With this voucher; an order without any does not use it.

    Raises:
        ValueError: no voucher can be called that.
    """

    voucher: str

    def __post_init__(self) -> None:
        if not is_text(self.voucher):
            raise ValueError("A voucher is a text without NUL")

    def is_met_by(self, order: Order) -> bool:
        return order.voucher == self.voucher

    def to_sql(self) -> ColumnElement[bool]:
        return OrderRow.voucher.is_not_distinct_from(self.voucher)


@dataclass(frozen=True)
class TotalAtLeast(Specification):
    """In the currency of ``amount``, and of this total or more."""

    amount: Money

    def is_met_by(self, order: Order) -> bool:
        same_currency = order.currency == self.amount.currency
        return same_currency and order.total >= self.amount

    def to_sql(self) -> ColumnElement[bool]:
        line_total = OrderLineRow.quantity * OrderLineRow.unit_price
        total = select(func.coalesce(func.sum(line_total), 0)).where(
            OrderLineRow.order_id == OrderRow.id
        )
        return and_(
            OrderRow.currency == self.amount.currency,
            total.scalar_subquery() >= self.amount.amount,
        )
