"""Orders in memory: what is specific; the contract is in
test_order_repository.
"""

from decimal import Decimal
from uuid import uuid4

from snippets.architecture_patterns.in_memory_order_repository import (
    InMemoryOrderRepository,
)
from snippets.architecture_patterns.order import Order, OrderLine


async def test_a_test_may_look_at_what_is_stored():
    orders = InMemoryOrderRepository()
    order = Order.place(uuid4(), (OrderLine("TEA-1", 1, Decimal(5)),))

    await orders.add(order)

    assert list(orders.stored) == [order.id]


async def test_a_test_may_start_with_orders():
    order = Order.place(uuid4(), (OrderLine("TEA-1", 1, Decimal(5)),))

    orders = InMemoryOrderRepository({order.id: order})

    assert (await orders.get(order.id)).total == 5
