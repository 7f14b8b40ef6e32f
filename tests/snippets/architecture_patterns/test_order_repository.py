"""The contract of every order repository, kept by both adapters alike."""

from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.architecture_patterns.in_memory_order_repository import (
    InMemoryOrderRepository,
)
from snippets.architecture_patterns.new_order import place
from snippets.architecture_patterns.order_repository import (
    DuplicateOrderError,
    OrderNotFoundError,
)
from snippets.architecture_patterns.postgres_order_repository import (
    PostgresOrderRepository,
)
from snippets.domain_driven_design.domain_events import (
    OrderCancelled,
    OrderConfirmed,
)
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import Order
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus


@pytest.fixture
def in_memory_orders():
    return InMemoryOrderRepository()


@pytest.fixture
async def postgres_orders(engine):
    async with AsyncSession(engine) as session:
        yield PostgresOrderRepository(session)


@pytest.fixture(params=["in_memory_orders", "postgres_orders"])
def orders(request):
    return request.getfixturevalue(request.param)


def an_order(customer_id=None, voucher=None):
    return place(
        customer_id or uuid4(),
        (
            OrderLine("TEA-1", 2, Money.of("4.90", "EUR")),
            OrderLine("POT-1", 1, Money.of("30", "EUR")),
        ),
        voucher,
    )


def state(order):
    return {**vars(order), "_events": None}


@pytest.mark.parametrize("voucher", [None, "WELCOME10"])
async def test_what_comes_out_is_what_went_in(orders, voucher):
    order = an_order(voucher=voucher)

    await orders.add(order)

    assert state(await orders.get(order.id)) == state(order)


async def test_an_unknown_order_is_not_found(orders):
    with pytest.raises(OrderNotFoundError):
        await orders.get(uuid4())


async def test_an_order_is_added_once(orders):
    order = an_order()
    await orders.add(order)
    with pytest.raises(DuplicateOrderError):
        await orders.add(order)


async def test_a_change_that_was_saved_is_kept(orders):
    order = an_order()
    await orders.add(order)

    changed = await orders.get(order.id)
    changed.cancel("by its customer")
    await orders.save(changed)

    assert state(await orders.get(order.id)) == state(changed)


async def test_other_lines_that_were_saved_are_kept(orders):
    order = Order(customer_id=uuid4(), currency="EUR")
    for line in an_order().lines:
        order.add_line(line)
    await orders.add(order)

    changed = await orders.get(order.id)
    changed.remove_line("TEA-1")
    await orders.save(changed)

    assert state(await orders.get(order.id)) == state(changed)


async def test_a_change_that_was_not_saved_is_lost(orders):
    order = an_order()
    await orders.add(order)

    order.cancel("by its customer")
    (await orders.get(order.id)).cancel("by its customer")

    assert (await orders.get(order.id)).status is OrderStatus.CONFIRMED


async def test_an_order_that_was_never_added_cannot_be_saved(orders):
    with pytest.raises(OrderNotFoundError):
        await orders.save(an_order())


async def test_open_orders_are_the_customers_own_and_not_cancelled(orders):
    customer_id = uuid4()
    mine = [an_order(customer_id) for _ in range(3)]
    cancelled = an_order(customer_id)
    cancelled.cancel("by its customer")
    for order in [*mine, cancelled, an_order()]:
        await orders.add(order)

    found = await orders.open_orders_of(customer_id)

    assert list(map(state, found)) == list(
        map(state, sorted(mine, key=lambda order: order.id))
    )


async def test_an_event_is_collected_when_its_change_is_stored(orders):
    order = an_order()

    await orders.add(order)
    order.cancel("by its customer")
    assert list(map(type, orders.events)) == [OrderConfirmed]

    await orders.save(order)
    assert [(type(event), event.order_id) for event in orders.events] == [
        (OrderConfirmed, order.id),
        (OrderCancelled, order.id),
    ]


async def test_what_comes_out_has_nothing_to_tell(orders):
    order = an_order()
    await orders.add(order)

    assert (await orders.get(order.id)).pull_events() == []
