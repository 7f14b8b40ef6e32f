"""Broken: an alias is another name for UUID, not another type."""

from typing import TypeAlias
from uuid import UUID

from .errors import NotFoundError

OrderId: TypeAlias = UUID
CustomerId: TypeAlias = UUID


class OrderOwners:
    def __init__(self) -> None:
        self._owners: dict[OrderId, CustomerId] = {}

    def record(self, order_id: OrderId, customer_id: CustomerId) -> None:
        self._owners[order_id] = customer_id

    def owner_of(self, order_id: OrderId) -> CustomerId:
        owner = self._owners.get(order_id)
        if owner is None:
            raise NotFoundError("There is no such order", order_id=order_id)
        return owner
