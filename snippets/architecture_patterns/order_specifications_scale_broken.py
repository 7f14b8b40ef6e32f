"""Broken: lets SQLAlchemy take the amount for one of the column's."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select

from .order import Order
from .specification import Specification
from .tables import OrderLineRow, OrderRow


@dataclass(frozen=True)
class TotalAtLeast(Specification):
    amount: Decimal

    def is_met_by(self, order: Order) -> bool:
        return order.total >= self.amount

    def to_sql(self) -> ColumnElement[bool]:
        line_total = OrderLineRow.quantity * OrderLineRow.unit_price
        total = select(func.coalesce(func.sum(line_total), 0)).where(
            OrderLineRow.order_id == OrderRow.id
        )
        return total.scalar_subquery() >= self.amount
