"""Redelivery policy: when an event comes again, and when no more."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeliveryPolicy:
    """An event is delivered ``max_deliveries`` times at most, then it is dead.

    After a failure it waits ``first_delay`` seconds, twice as long each time
    after, and ``timeout`` at most. One that is neither done nor failed goes to
    another process after ``timeout`` seconds: longer than any handler needs.
    """

    max_deliveries: int = 5
    first_delay: float = 1.0
    timeout: float = 60.0

    def delay_after(self, delivery: int) -> float:
        """Seconds to wait when this delivery, counted from 1, has failed."""
        return min(self.first_delay * 2.0 ** (delivery - 1), self.timeout)

    def is_exceeded_by(self, delivery: int) -> bool:
        """Whether delivery number ``delivery`` is one too many."""
        return delivery > self.max_deliveries
