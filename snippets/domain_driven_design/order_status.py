"""Order status: what may follow what, as a table.

The business can review a table, a page can draw it, and a test can look for
its gaps. Conditions in five methods allow none of that.
"""

from enum import StrEnum


class OrderStatus(StrEnum):
    """Where an order is on its way."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    PAID = "paid"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


NEXT = {
    OrderStatus.PENDING: {OrderStatus.CONFIRMED, OrderStatus.CANCELLED},
    OrderStatus.CONFIRMED: {OrderStatus.PAID, OrderStatus.CANCELLED},
    OrderStatus.PAID: {OrderStatus.SHIPPED, OrderStatus.CANCELLED},
    OrderStatus.SHIPPED: set[OrderStatus](),
    OrderStatus.CANCELLED: set[OrderStatus](),
}
