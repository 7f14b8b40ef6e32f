"""Specifications of orders: each as Python and as SQL, side by side.

They refuse values that one of the two could not compare.
"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, func, literal, select

from .order import Order
from .order_values import is_text
from .specification import Specification
from .tables import OrderLineRow, OrderRow

MAX_DIGITS = 100


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
    """Of this total or more; ``amount`` may be in parts of a cent.

    Raises:
        ValueError: it is not finite, or longer than MAX_DIGITS.
    """

    amount: Decimal

    def __post_init__(self) -> None:
        _, digits, exponent = self.amount.as_tuple()
        if (
            isinstance(exponent, str)  # NaN or infinite
            or len(digits) + abs(exponent) > MAX_DIGITS
        ):
            raise ValueError(f"An amount has at most {MAX_DIGITS} digits")

    def is_met_by(self, order: Order) -> bool:
        return order.total >= self.amount

    def to_sql(self) -> ColumnElement[bool]:
        line_total = OrderLineRow.quantity * OrderLineRow.unit_price
        total = select(func.coalesce(func.sum(line_total), 0)).where(
            OrderLineRow.order_id == OrderRow.id
        )
        # By itself it would be bound, and rounded, as the column: to cents.
        amount = literal(self.amount, Numeric())
        return total.scalar_subquery() >= amount
