"""Redelivery policy: when an event comes again, and when no more."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeliveryPolicy:
    """An event is delivered ``max_deliveries`` times at most, then it is dead.

    After a failure it waits ``first_delay`` seconds, twice as long each time
    after, and ``timeout`` at most: ten minutes in all, unless set otherwise.
    So a database that restarts costs no dead letters. An event that is neither
    done nor failed goes to another process after ``timeout`` seconds: longer
    than any handler needs.
    """

    max_deliveries: int = 16
    first_delay: float = 1.0
    timeout: float = 60.0

    def __post_init__(self) -> None:
        if self.max_deliveries < 1 or not 0 < self.first_delay <= self.timeout:
            raise ValueError("1 <= max_deliveries, 0 < first_delay <= timeout")

    def delay_after(self, delivery: int) -> float:
        """Seconds to wait when this delivery, counted from 1, has failed."""
        doublings = min(delivery - 1, 60)  # a float holds no more than 1023
        return min(self.first_delay * 2.0**doublings, self.timeout)

    def is_exceeded_by(self, delivery: int) -> bool:
        """Whether delivery number ``delivery`` is one too many."""
        return delivery > self.max_deliveries
