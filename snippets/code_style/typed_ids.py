"""Ids of different things are different types, at no cost when it runs."""

from typing import NewType
from uuid import UUID

from .errors import NotFoundError

OrderId = NewType("OrderId", UUID)
CustomerId = NewType("CustomerId", UUID)


class OrderOwners:
    """Who placed which order."""

    def __init__(self) -> None:
        self._owners: dict[OrderId, CustomerId] = {}

    def record(self, order_id: OrderId, customer_id: CustomerId) -> None:
        self._owners[order_id] = customer_id

    def owner_of(self, order_id: OrderId) -> CustomerId:
        """Raises NotFoundError for an order nobody placed."""
        owner = self._owners.get(order_id)
        if owner is None:
            raise NotFoundError("There is no such order", order_id=order_id)
        return owner


def order_id_from(text: str) -> OrderId:
    """Where text becomes an id. Raises ValueError unless it is a UUID.

    `UUID` itself reads braces, a hyphen anywhere, `_` and the digits of every
    script: one id in a thousand spellings.
    """
    found = UUID(text)
    if str(found) != text.lower():
        raise ValueError(f"badly formed UUID: {text!r:.60}")
    return OrderId(found)
