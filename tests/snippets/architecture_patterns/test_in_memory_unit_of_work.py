"""Unit of work in memory: what is specific; the contract is in
test_unit_of_work.
"""

from uuid import uuid4

from snippets.architecture_patterns.in_memory_unit_of_work import (
    InMemoryUnitOfWork,
    Store,
)
from snippets.architecture_patterns.new_order import place
from snippets.domain_driven_design.domain_events import OrderConfirmed
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine


def an_order():
    return place(uuid4(), (OrderLine("TEA-1", 1, Money.of("5", "EUR")),))


async def test_a_test_may_ask_which_events_were_committed():
    store, order = Store(), an_order()
    async with InMemoryUnitOfWork(store) as work:
        await work.orders.add(order)
        await work.commit()

    (event,) = store.events
    assert isinstance(event, OrderConfirmed)
    assert event.order_id == order.id


async def test_events_that_were_not_committed_did_not_happen():
    store = Store()
    async with InMemoryUnitOfWork(store) as work:
        await work.orders.add(an_order())

    assert store == Store()


async def test_no_unit_sees_what_another_has_not_committed():
    store, order = Store(), an_order()
    async with InMemoryUnitOfWork(store) as one:
        await one.orders.add(order)
        async with InMemoryUnitOfWork(store) as other:
            assert order.id not in other.orders.stored
