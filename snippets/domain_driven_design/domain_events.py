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
        ValueError: ``occurred_at`` has no offset: nobody could tell when.
    """

    event_id: UUID = field(default_factory=uuid4)
    occurred_at: datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        if self.occurred_at.utcoffset() is None:
            raise ValueError(f"No UTC offset: {self.occurred_at}")
        in_utc = self.occurred_at.astimezone(UTC)
        object.__setattr__(self, "occurred_at", in_utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(DomainEvent):
    """The customer committed to buy."""

    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(DomainEvent):
    """The order will not be delivered."""

    order_id: UUID
    reason: str
