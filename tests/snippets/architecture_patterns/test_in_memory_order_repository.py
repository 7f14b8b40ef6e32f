"""Orders in memory: what is specific; the contract is in
test_order_repository.
"""

from uuid import uuid4

from snippets.architecture_patterns.in_memory_order_repository import (
    InMemoryOrderRepository,
)
from snippets.architecture_patterns.new_order import place
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine


async def test_a_test_may_look_at_what_is_stored():
    orders = InMemoryOrderRepository()
    order = place(uuid4(), (OrderLine("TEA-1", 1, Money.of("5", "EUR")),))

    await orders.add(order)

    assert list(orders.stored) == [order.id]


async def test_a_test_may_start_with_orders():
    order = place(uuid4(), (OrderLine("TEA-1", 1, Money.of("5", "EUR")),))

    orders = InMemoryOrderRepository({order.id: order})

    assert (await orders.get(order.id)).total == Money.of(5, "EUR")
