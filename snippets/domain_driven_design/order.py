"""Order: an aggregate that cannot be brought into a state that must not be.

Lines change only while it is pending; it has at most ten; an empty order is
never confirmed; the status moves only along ``NEXT``. Whoever holds an order
can rely on that, since only the order changes itself.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from .domain_events import DomainEvent, OrderCancelled, OrderConfirmed
from .entity import Entity
from .money import Money

MAX_LINES = 10


class OrderRuleError(Exception):
    """The order does not allow this; the message is for its customer."""


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


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Some pieces of one article at the price agreed for each."""

    sku: str
    quantity: int
    unit_price: Money

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise OrderRuleError("A line has at least one piece")
        if self.unit_price.amount < 0:
            raise OrderRuleError("A price is not negative")

    @property
    def total(self) -> Money:
        return self.unit_price * self.quantity


@dataclass(kw_only=True)
class Order(Entity):
    """One customer's purchase in one currency.

    Its methods raise OrderRuleError, and change nothing when they do.
    """

    customer_id: UUID
    currency: str
    status: OrderStatus = field(default=OrderStatus.PENDING, init=False)
    _lines: list[OrderLine] = field(default_factory=list, init=False)
    _events: list[DomainEvent] = field(default_factory=list, init=False)

    @property
    def lines(self) -> tuple[OrderLine, ...]:
        return tuple(self._lines)

    @property
    def total(self) -> Money:
        zero = Money.of(0, self.currency)
        return sum((line.total for line in self._lines), start=zero)

    def add_line(self, line: OrderLine) -> None:
        self._require_pending()
        if len(self._lines) == MAX_LINES:
            raise OrderRuleError(f"An order has at most {MAX_LINES} lines")
        if line.sku in {other.sku for other in self._lines}:
            raise OrderRuleError(f"{line.sku} is in the order already")
        if line.unit_price.currency != self.currency:
            raise OrderRuleError(f"This order is in {self.currency}")
        self._lines.append(line)

    def remove_line(self, sku: str) -> None:
        """Remove the line of ``sku``; does nothing if there is none."""
        self._require_pending()
        self._lines = [line for line in self._lines if line.sku != sku]

    def confirm(self) -> None:
        if not self._lines:
            raise OrderRuleError("An empty order cannot be confirmed")
        self._move_to(OrderStatus.CONFIRMED)
        self._events.append(OrderConfirmed(order_id=self.id))

    def mark_paid(self) -> None:
        self._move_to(OrderStatus.PAID)

    def mark_shipped(self) -> None:
        self._move_to(OrderStatus.SHIPPED)

    def cancel(self, reason: str) -> None:
        self._move_to(OrderStatus.CANCELLED)
        self._events.append(OrderCancelled(order_id=self.id, reason=reason))

    def pull_events(self) -> list[DomainEvent]:
        """What happened since the last call; each event is given once."""
        events, self._events = self._events, []
        return events

    def _require_pending(self) -> None:
        if self.status is not OrderStatus.PENDING:
            raise OrderRuleError(f"The order is {self.status}: too late")

    def _move_to(self, status: OrderStatus) -> None:
        if status not in NEXT[self.status]:
            raise OrderRuleError(f"The order is {self.status}: not {status}")
        self.status = status
