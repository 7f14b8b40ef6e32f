"""An order whose state is what has happened to it.

Events are decided by methods and applied by one function, which decides
nothing: it must accept every event that was ever stored.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Self, assert_never

from ..code_style.errors import BusinessRuleError


@dataclass(frozen=True)
class OrderPlaced:
    """The customer owes this."""

    total_cents: int


@dataclass(frozen=True)
class PaymentReceived:
    """A part of it, or all."""

    cents: int


@dataclass(frozen=True)
class DebtCancelled:
    """Nothing is owed any more."""

    reason: str


StoredOrderEvent = OrderPlaced | PaymentReceived | DebtCancelled
KINDS: dict[str, type[StoredOrderEvent]] = {
    "order.placed": OrderPlaced,
    "order.payment_received": PaymentReceived,
    "order.cancelled": DebtCancelled,
}
NAMES = {kind: name for name, kind in KINDS.items()}


@dataclass
class EventSourcedOrder:
    """``version`` events were loaded, ``new_events`` are still to be stored."""

    owed_cents: int = 0
    is_cancelled: bool = False
    version: int = 0
    new_events: list[StoredOrderEvent] = field(default_factory=list)

    @classmethod
    def load(cls, history: list[tuple[str, dict[str, Any]]]) -> Self:
        """Fold what the store holds, oldest first."""
        order = cls()
        for name, data in history:
            order._apply(KINDS[name](**data))
        order.version = len(history)
        return order

    @classmethod
    def place(cls, total_cents: int) -> Self:
        if total_cents < 0:
            raise BusinessRuleError(f"Nobody owes {total_cents}")
        order = cls()
        order._record(OrderPlaced(total_cents))
        return order

    def pay(self, cents: int) -> None:
        if not 0 < cents <= self.owed_cents:
            raise BusinessRuleError(f"{self.owed_cents} are owed, not {cents}")
        self._record(PaymentReceived(cents))

    def cancel(self, reason: str) -> None:
        """Cancelling again changes nothing and is no error."""
        if not self.is_cancelled:
            self._record(DebtCancelled(reason))

    def events_to_store(self) -> list[tuple[str, dict[str, Any]]]:
        """As the store takes them."""
        return [
            (NAMES[type(event)], asdict(event)) for event in self.new_events
        ]

    def _record(self, event: StoredOrderEvent) -> None:
        self._apply(event)
        self.new_events.append(event)

    def _apply(self, event: StoredOrderEvent) -> None:
        match event:
            case OrderPlaced(total_cents):
                self.owed_cents = total_cents
            case PaymentReceived(cents):
                self.owed_cents -= cents
            case DebtCancelled():
                self.owed_cents, self.is_cancelled = 0, True
            case _:
                assert_never(event)
