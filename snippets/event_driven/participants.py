"""Participants: what an order needs of three services, whoever conducts.

Each method takes a key. Repeated with the same key it has no second effect and
gives the same answer, so whoever does not know whether a call arrived repeats
it. An undo names what it undoes by the key under which that was done.
"""

from typing import Protocol
from uuid import UUID

from ..code_style.storable_text import is_storable

PIECES = range(1, 2**31)  # what an INTEGER of PostgreSQL holds
CENTS = range(2**63)  # a BIGINT; nothing to pay is an amount


class RefusedError(Exception):
    """A definite no: nothing was done, and asking again will not help.

    Any other error leaves open whether the call had its effect.
    """


def require_amount(amount: int, allowed: range) -> None:
    """Refuse what came as an amount and is none, such as ``true`` or -100.

    Raises:
        RefusedError: it is no whole number, or not in ``allowed``.
    """
    if type(amount) is not int or amount not in allowed:
        raise RefusedError(f"Not an amount: {amount!r}")


def require_text(*texts: str) -> None:
    """Refuse what no table can hold, such as half a character.

    Raises:
        RefusedError: there is such text.
    """
    if not is_storable(texts):
        raise RefusedError(f"Not a text: {texts!r:.200}")


class Orders(Protocol):
    """Orders by id, which is their key.

    Raises:
        RefusedError: the order has come to the other of its two ends.
    """

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
            RefusedError: there are too few, or it is no amount, or no text.
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
            RefusedError: the payment was declined, or it is no amount.
        """
        ...
