"""Order service: several steps, one transaction."""

from uuid import uuid4

import pytest
from sqlalchemy import event

from snippets.architecture_patterns.event_recorder import unrecorded
from snippets.architecture_patterns.new_order import InvalidOrderError, place
from snippets.architecture_patterns.order_repository import OrderNotFoundError
from snippets.architecture_patterns.order_service import (
    OrderService,
    Replacement,
)
from snippets.architecture_patterns.postgres_unit_of_work import (
    PostgresUnitOfWork,
)
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import OrderRuleError
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus

TEA = OrderLine("TEA-1", 2, Money.of("4.90", "EUR"))
POT = OrderLine("POT-1", 1, Money.of("30.00", "EUR"))


@pytest.fixture
def service(engine):
    return OrderService(lambda: PostgresUnitOfWork(engine, unrecorded))


@pytest.fixture
async def placed(engine):
    order = place(uuid4(), (TEA,), "WELCOME10")
    async with PostgresUnitOfWork(engine, unrecorded) as work:
        await work.orders.add(order)
        await work.commit()
    return order


async def stored(engine, order_id):
    async with PostgresUnitOfWork(engine, unrecorded) as work:
        return await work.orders.get(order_id)


async def test_cancelling_is_kept(engine, service, placed):
    await service.cancel(placed.id, "too late")

    order = await stored(engine, placed.id)
    assert order.status is OrderStatus.CANCELLED


async def test_whether_an_order_may_be_cancelled_the_order_says(
    service, placed
):
    await service.cancel(placed.id, "too late")

    with pytest.raises(OrderRuleError):
        await service.cancel(placed.id, "too late")


async def test_an_unknown_order_cannot_be_cancelled(service):
    with pytest.raises(OrderNotFoundError):
        await service.cancel(uuid4(), "too late")


async def test_replacing_cancels_one_order_and_places_another(
    engine, service, placed
):
    replacement = await service.replace(placed.id, [POT])

    old = await stored(engine, replacement.cancelled)
    new = await stored(engine, replacement.placed)
    assert replacement == Replacement(placed.id, new.id)
    assert (old.status, new.status) == (
        OrderStatus.CANCELLED,
        OrderStatus.CONFIRMED,
    )
    assert (new.customer_id, new.voucher, new.lines) == (
        placed.customer_id,
        "WELCOME10",
        (POT,),
    )


async def test_where_the_new_order_is_refused_the_old_one_stands(
    engine, service, placed
):
    with pytest.raises(InvalidOrderError):
        await service.replace(placed.id, [])

    order = await stored(engine, placed.id)
    assert order.status is OrderStatus.CONFIRMED


async def test_replacing_is_one_transaction(service, placed, engine):
    commits = []
    event.listen(engine.sync_engine, "commit", commits.append)

    await service.replace(placed.id, [POT])

    assert len(commits) == 1
