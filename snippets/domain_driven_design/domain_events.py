"""Domain events: what happened, in the past tense, and unchangeable.

The id lets a consumer recognise a repeat. The time is aware, so that it means
the same instant to every reader.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4


def now() -> datetime:
    """The current instant, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """Base of all events; ``occurred_at`` is kept in UTC.

    Raises:
        ValueError: ``occurred_at`` has no offset: nobody could tell when. Or
            it lies outside the years 1 to 9999 of UTC.
    """

    event_id: UUID = field(default_factory=uuid4)
    occurred_at: datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        if self.occurred_at.utcoffset() is None:
            raise ValueError(f"No UTC offset: {self.occurred_at}")
        try:
            in_utc = self.occurred_at.astimezone(UTC)
        except OverflowError as error:
            raise ValueError(f"Not a time: {self.occurred_at}") from error
        object.__setattr__(self, "occurred_at", in_utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent(DomainEvent):
    """Something that happened to one order."""

    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(OrderEvent):
    """The customer committed to buy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPaid(OrderEvent):
    """The money is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShipped(OrderEvent):
    """The parcel is with the carrier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(OrderEvent):
    """The order will not be delivered."""

    reason: str
