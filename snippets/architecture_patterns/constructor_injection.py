"""Constructor injection: an object is handed what it works with.

Every collaborator is a required argument, so an object that exists is ready.
Only `checkout`, the composition root, knows which classes are used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID, uuid4


@dataclass(frozen=True, slots=True)
class Reservation:
    """Stock held for a customer who is about to pay."""

    id: UUID
    amount: Decimal
    expires: datetime


class Reservations(Protocol):
    """Where reservations are kept."""

    async def add(self, reservation: Reservation) -> None: ...


class Checkout:
    """Reserves stock until the customer has paid."""

    def __init__(
        self,
        reservations: Reservations,
        now: Callable[[], datetime],
        hold_for: timedelta,
    ) -> None:
        self._reservations = reservations
        self._now = now
        self._hold_for = hold_for

    async def reserve(self, amount: Decimal) -> Reservation:
        reservation = Reservation(
            uuid4(), amount, expires=self._now() + self._hold_for
        )
        await self._reservations.add(reservation)
        return reservation


class InMemoryReservations:
    """Reservations of one process, gone with it."""

    def __init__(self) -> None:
        self.held: dict[UUID, Reservation] = {}

    async def add(self, reservation: Reservation) -> None:
        self.held[reservation.id] = reservation


def checkout() -> Checkout:
    """The composition root: choose the classes, make the objects, once."""
    return Checkout(
        InMemoryReservations(),
        now=lambda: datetime.now(UTC),
        hold_for=timedelta(minutes=15),
    )
