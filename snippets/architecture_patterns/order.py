"""Order: an aggregate just large enough to carry the patterns of this page.

It knows no database, no HTTP and no clock. What happens to it is collected as
events until someone pulls them.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID, uuid4

from ..code_style.errors import ConflictError, DomainError
from .order_values import MAX_UNITS, is_price, is_quantity, is_text


class InvalidOrderError(DomainError):
    """An order that may not exist, not even for a moment."""


class OrderAlreadyCancelledError(ConflictError):
    """An order is cancelled once."""


class OrderStatus(StrEnum):
    """Where an order is in its life."""

    PLACED = "placed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Some units of one SKU at the price agreed, in whole cents."""

    sku: str
    quantity: int
    unit_price: Decimal

    def __post_init__(self) -> None:
        if not is_text(self.sku):
            raise InvalidOrderError("A SKU is a text without NUL")
        if not is_quantity(self.quantity):
            raise InvalidOrderError(f"A line has 1 to {MAX_UNITS} units")
        if not is_price(self.unit_price):
            raise InvalidOrderError("A price is not negative, in whole cents")

    @property
    def subtotal(self) -> Decimal:
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """A customer ordered."""

    order_id: UUID
    customer_id: UUID
    total: Decimal


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """An order will not be delivered."""

    order_id: UUID


OrderEvent = OrderPlaced | OrderCancelled


@dataclass(eq=False, kw_only=True)
class Order:
    """The lines a customer ordered, changed only through its methods."""

    customer_id: UUID
    lines: tuple[OrderLine, ...]
    id: UUID = field(default_factory=uuid4)
    status: OrderStatus = OrderStatus.PLACED
    voucher: str | None = None
    _events: list[OrderEvent] = field(
        default_factory=list, init=False, repr=False
    )

    def __post_init__(self) -> None:
        if not self.lines:
            raise InvalidOrderError("An order has at least one line")
        if self.voucher is not None and not is_text(self.voucher):
            raise InvalidOrderError("A voucher is a text without NUL")

    @classmethod
    def place(
        cls,
        customer_id: UUID,
        lines: tuple[OrderLine, ...],
        voucher: str | None = None,
    ) -> Self:
        """A new order; the constructor is for orders that exist already."""
        order = cls(customer_id=customer_id, lines=lines, voucher=voucher)
        order._events = [OrderPlaced(order.id, customer_id, order.total)]
        return order

    @property
    def total(self) -> Decimal:
        return sum((line.subtotal for line in self.lines), Decimal(0))

    def cancel(self) -> None:
        if self.status is OrderStatus.CANCELLED:
            raise OrderAlreadyCancelledError("The order is already cancelled")
        self.status = OrderStatus.CANCELLED
        self._events.append(OrderCancelled(self.id))

    def pull_events(self) -> list[OrderEvent]:
        """What happened since the last pull; each event is given out once."""
        events, self._events = self._events, []
        return events
