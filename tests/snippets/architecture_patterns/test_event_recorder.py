"""Recording events: in the unit's transaction, before its commit, or not."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from snippets.architecture_patterns.event_recorder import unrecorded
from snippets.architecture_patterns.new_order import place
from snippets.architecture_patterns.postgres_unit_of_work import (
    PostgresUnitOfWork,
)
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine


def an_order():
    return place(uuid4(), (OrderLine("TEA-1", 1, Money.of(5, "EUR")),))


async def add(engine, record, order):
    async with PostgresUnitOfWork(engine, record) as work:
        await work.orders.add(order)
        await work.commit()


async def test_events_are_recorded_in_the_transaction_of_their_order(
    engine, count_orders
):
    order, recorded = an_order(), []

    async def record(session, events):
        stored = await session.scalar(text("select count(*) from orders"))
        recorded.append((stored, await count_orders()))
        recorded.extend(event.order_id for event in events)

    await add(engine, record, order)

    assert recorded == [(1, 0), order.id]


async def test_an_event_that_cannot_be_recorded_undoes_its_order(
    engine, count_orders
):
    async def fail(session, events):
        raise ValueError("a kind of event that nobody knows")

    with pytest.raises(ValueError, match="nobody knows"):
        await add(engine, fail, an_order())

    assert await count_orders() == 0


async def test_unrecorded_events_cost_nothing(engine, count_orders):
    await add(engine, unrecorded, an_order())

    assert await count_orders() == 1
