"""A unit of work in memory, for tests of use cases without a database.

All units made with one `Store` share it. Each works on a copy of its own,
which `commit` puts into the store.
"""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from uuid import UUID

from ..domain_driven_design.domain_events import OrderEvent
from ..domain_driven_design.order import Order
from .in_memory_order_repository import InMemoryOrderRepository
from .order_repository import OrderChangedError


@dataclass
class Store:
    """What was committed: orders, and their events in order."""

    orders: dict[UUID, Order] = field(default_factory=dict)
    events: list[OrderEvent] = field(default_factory=list)


class InMemoryUnitOfWork:
    """Keeps the same contract as the one on PostgreSQL.

    Raises:
        RuntimeError: entered twice, or used outside of its block or after
            its commit.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._state = "new"
        self._orders = InMemoryOrderRepository()

    @property
    def orders(self) -> InMemoryOrderRepository:
        self._move("open", "open")
        return self._orders

    async def __aenter__(self) -> Self:
        self._move("new", "open")
        self._before = dict(self._store.orders)
        self._orders.stored.update(self._before)
        return self

    async def commit(self) -> None:
        self._move("open", "done")
        if self._orders.refused:
            raise RuntimeError("The unit of work was refused an order")
        for order_id in self._orders.changed:
            now, before = self._store.orders, self._before
            if now.get(order_id) is not before.get(order_id):
                raise OrderChangedError(f"Order {order_id} changed meanwhile")
        for order_id in self._orders.changed:
            self._store.orders[order_id] = self._orders.stored[order_id]
        self._store.events += self._orders.events

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._state = "done"

    def _move(self, before: str, after: str) -> None:
        if self._state != before:
            raise RuntimeError(f"The unit of work is {self._state}")
        self._state = after
