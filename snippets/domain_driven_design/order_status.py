"""Order status: what may follow what, as a table.

The business can review a table, a page can draw it, and a test can look for
its gaps. Conditions in five methods allow none of that.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class OrderStatus(StrEnum):
    """Where an order is on its way."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    PAID = "paid"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


Steps = frozenset[OrderStatus]

NEXT: Mapping[OrderStatus, Steps] = MappingProxyType(
    {
        OrderStatus.PENDING: Steps(
            {OrderStatus.CONFIRMED, OrderStatus.CANCELLED}
        ),
        OrderStatus.CONFIRMED: Steps({OrderStatus.PAID, OrderStatus.CANCELLED}),
        OrderStatus.PAID: Steps({OrderStatus.SHIPPED, OrderStatus.CANCELLED}),
        OrderStatus.SHIPPED: Steps(),
        OrderStatus.CANCELLED: Steps(),
    }
)
