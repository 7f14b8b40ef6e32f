"""Participants: what an order needs of three services, whoever conducts.

Each method takes a key. Repeated with the same key it has no second effect and
gives the same answer, so whoever does not know whether a call arrived repeats
it. An undo names what it undoes by the key under which that was done.
"""

from typing import Protocol
from uuid import UUID


class RefusedError(Exception):
    """A definite no: nothing was done, and asking again will not help.

    Any other error leaves open whether the call had its effect.
    """


class Orders(Protocol):
    """Orders by id, which is their key."""

    async def place(self, order_id: UUID) -> None: ...

    async def confirm(self, order_id: UUID) -> None: ...

    async def cancel(self, order_id: UUID) -> None:
        """Undo `place`, also one that has not arrived yet."""
        ...


class Stock(Protocol):
    """Pieces on the shelf, and who has them reserved."""

    async def reserve(self, key: str, sku: str, pieces: int) -> None:
        """Set pieces aside.

        Raises:
            RefusedError: there are too few.
        """
        ...

    async def release(self, key: str) -> None:
        """Undo `reserve`, also one that has not arrived yet."""
        ...


class Payments(Protocol):
    """Money, by a provider outside."""

    async def charge(self, key: str, cents: int) -> None:
        """Take the money.

        Raises:
            RefusedError: the payment was declined.
        """
        ...
