"""Order: an aggregate that is never in a state that the rules forbid.

Lines change only while it is pending; it has at most ten, whose total money can
hold; an empty order is never confirmed; the status moves only along ``NEXT``.
Whoever holds an order can rely on that, since only the order changes itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from ..code_style.errors import BusinessRuleError
from . import domain_events as events
from .entity import Entity
from .money import LIMIT, Money, minor_unit
from .order_line import OrderLine
from .order_status import NEXT, OrderStatus

MAX_LINES = 10


class OrderRuleError(BusinessRuleError):
    """The order does not allow this; the message is for its customer."""


@dataclass(kw_only=True)
class Order(Entity):
    """One customer's purchase in one currency; made anew, it is pending.

    Its methods raise OrderRuleError, and change nothing when they do.
    """

    customer_id: Final[UUID]
    currency: Final[str]
    voucher: Final[str | None] = None
    _status: OrderStatus = field(default=OrderStatus.PENDING, init=False)
    _lines: list[OrderLine] = field(default_factory=list, init=False)
    _events: list[events.OrderEvent] = field(
        default_factory=list, init=False, repr=False
    )

    def __post_init__(self) -> None:
        minor_unit(self.currency)  # ValueError if the shop knows none such

    @classmethod
    def restore(  # noqa: PLR0913, PLR0917 - one for each column
        cls,
        order_id: UUID,
        customer_id: UUID,
        currency: str,
        status: OrderStatus,
        lines: Iterable[OrderLine],
        voucher: str | None = None,
    ) -> Self:
        """For repositories: the order as stored; nothing happens to it."""
        order = cls(
            id=order_id,
            customer_id=customer_id,
            currency=currency,
            voucher=voucher,
        )
        order._status, order._lines = status, list(lines)
        return order

    @property
    def status(self) -> OrderStatus:
        return self._status

    @property
    def lines(self) -> tuple[OrderLine, ...]:
        return tuple(self._lines)

    @property
    def total(self) -> Money:
        totals = (line.total for line in self._lines)
        return sum(totals, start=Money.of(0, self.currency))

    def add_line(self, line: OrderLine) -> None:
        self._require_pending()
        if len(self._lines) == MAX_LINES:
            raise OrderRuleError(f"An order has at most {MAX_LINES} lines")
        if line.sku in {other.sku for other in self._lines}:
            raise OrderRuleError(f"{line.sku} is in the order already")
        if line.unit_price.currency != self.currency:
            raise OrderRuleError(f"This order is in {self.currency}")
        if self.total.amount + line.total.amount >= LIMIT:
            raise OrderRuleError(f"An order's total is below {LIMIT}")
        self._lines = [*self._lines, line]

    def remove_line(self, sku: str) -> None:
        """Remove the line of ``sku``; does nothing if there is none."""
        self._require_pending()
        self._lines = [line for line in self._lines if line.sku != sku]

    def confirm(self) -> None:
        if not self._lines:
            raise OrderRuleError("An empty order cannot be confirmed")
        event = events.OrderConfirmed(order_id=self.id)
        self._move_to(OrderStatus.CONFIRMED, event)

    def mark_paid(self) -> None:
        self._move_to(OrderStatus.PAID, events.OrderPaid(order_id=self.id))

    def mark_shipped(self) -> None:
        event = events.OrderShipped(order_id=self.id)
        self._move_to(OrderStatus.SHIPPED, event)

    def cancel(self, reason: str) -> None:
        event = events.OrderCancelled(order_id=self.id, reason=reason)
        self._move_to(OrderStatus.CANCELLED, event)

    def pull_events(self) -> list[events.OrderEvent]:
        """What happened since the last call; each event is given once."""
        happened, self._events = self._events, []
        return happened

    def _require_pending(self) -> None:
        if self._status is not OrderStatus.PENDING:
            raise OrderRuleError(f"The order is {self._status}: too late")

    def _move_to(self, status: OrderStatus, event: events.OrderEvent) -> None:
        if status not in NEXT[self._status]:
            raise OrderRuleError(f"The order is {self._status}: not {status}")
        self._status = status
        self._events = [*self._events, event]
