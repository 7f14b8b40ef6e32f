"""Orders in a dictionary, for tests of use cases.

It copies on the way in and out, as a database does. One that hands out its
own objects would let a test pass that forgot to call `save`.
"""

from copy import deepcopy
from uuid import UUID

from ..domain_driven_design.domain_events import OrderEvent
from ..domain_driven_design.order import Order
from ..domain_driven_design.order_status import OrderStatus
from .order_repository import DuplicateOrderError, OrderNotFoundError


class InMemoryOrderRepository:
    """Keeps the same contract as the one on PostgreSQL."""

    def __init__(self, stored: dict[UUID, Order] | None = None) -> None:
        self.stored = stored if stored is not None else {}
        self.changed: set[UUID] = set()
        self.events: list[OrderEvent] = []
        self.refused = False

    async def add(self, order: Order) -> None:
        if order.id in self.stored:
            self.refused = True
            raise DuplicateOrderError(f"Order {order.id} exists already")
        self._store(order)

    async def get(self, order_id: UUID) -> Order:
        if order_id not in self.stored:
            raise OrderNotFoundError(f"There is no order {order_id}")
        return deepcopy(self.stored[order_id])

    async def save(self, order: Order) -> None:
        await self.get(order.id)
        self._store(order)

    async def open_orders_of(self, customer_id: UUID) -> list[Order]:
        orders = [
            deepcopy(order)
            for order in self.stored.values()
            if order.customer_id == customer_id
            and order.status is not OrderStatus.CANCELLED
        ]
        return sorted(orders, key=lambda order: order.id)

    def _store(self, order: Order) -> None:
        self.events += order.pull_events()
        self.stored[order.id] = deepcopy(order)
        self.changed.add(order.id)
