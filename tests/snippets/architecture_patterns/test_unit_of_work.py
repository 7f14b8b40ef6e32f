"""The contract of every unit of work, and what a shared one does."""

import asyncio
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy.exc import InvalidRequestError

from snippets.architecture_patterns.event_recorder import unrecorded
from snippets.architecture_patterns.in_memory_unit_of_work import (
    InMemoryUnitOfWork,
    Store,
)
from snippets.architecture_patterns.new_order import LIMIT, MAX_UNITS, place
from snippets.architecture_patterns.order_repository import (
    DuplicateOrderError,
    OrderChangedError,
    OrderNotFoundError,
)
from snippets.architecture_patterns.postgres_unit_of_work import (
    PostgresUnitOfWork,
)
from snippets.architecture_patterns.unit_of_work_global_broken import (
    unit_of_work_factory,
)
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import Order
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus
from tests.support.twins import fix_and_twin


@pytest.fixture
def in_memory():
    store = Store()
    return lambda: InMemoryUnitOfWork(store)


@pytest.fixture
def on_postgres(engine):
    return lambda: PostgresUnitOfWork(engine, unrecorded)


@pytest.fixture(params=["in_memory", "on_postgres"])
def unit_of_work(request):
    return request.getfixturevalue(request.param)


def an_order():
    return place(uuid4(), (OrderLine("TEA-1", 2, Money.of("4.90", "EUR")),))


async def is_stored(unit_of_work, order):
    async with unit_of_work() as work:
        try:
            await work.orders.get(order.id)
        except OrderNotFoundError:
            return False
    return True


misuse = pytest.raises((InvalidRequestError, RuntimeError))


async def test_what_is_committed_is_kept(unit_of_work):
    order = an_order()
    async with unit_of_work() as work:
        await work.orders.add(order)
        await work.commit()

    assert await is_stored(unit_of_work, order)


DEAREST = Money(LIMIT - Decimal("0.01"), "EUR")
FREE = Money.of(0, "EUR")


@pytest.mark.parametrize(
    ("lines", "voucher"),
    [
        ((OrderLine("TEA-1", MAX_UNITS, DEAREST),), None),
        ([OrderLine(f"T{n}", MAX_UNITS, DEAREST) for n in range(10)], None),
        ((OrderLine("P" * 5000, 1, FREE),), "V" * 5000),
        ((OrderLine(" \x01\n\r\t\x7f", 1, Money.of(5, "JPY")),), "'\";--\\%_"),
        ((OrderLine("th\u00e9 \u0301", 1, Money.of("0.001", "KWD")),), "👍🏽"),
    ],
)
async def test_whatever_may_be_in_an_order_is_kept_as_it_is(
    unit_of_work, lines, voucher
):
    order = place(uuid4(), lines, voucher)
    async with unit_of_work() as work:
        await work.orders.add(order)
        await work.commit()

    async with unit_of_work() as work:
        stored = await work.orders.get(order.id)
    assert (stored.lines, stored.voucher) == (tuple(lines), voucher)
    assert stored.total == order.total


async def test_what_is_not_committed_is_undone(unit_of_work):
    order = an_order()
    async with unit_of_work() as work:
        await work.orders.add(order)

    assert not await is_stored(unit_of_work, order)


async def test_an_error_undoes_all_and_is_raised_as_it_is(unit_of_work):
    order = an_order()

    async def request():
        async with unit_of_work() as work:
            await work.orders.add(order)
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        await request()

    assert not await is_stored(unit_of_work, order)


async def test_cancellation_undoes_all(unit_of_work):
    order, added = an_order(), asyncio.Event()

    async def request():
        async with unit_of_work() as work:
            await work.orders.add(order)
            added.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(request())
    await added.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert not await is_stored(unit_of_work, order)


async def test_two_changes_are_kept_or_undone_together(unit_of_work):
    old, new = an_order(), an_order()
    async with unit_of_work() as work:
        await work.orders.add(old)
        await work.commit()

    async with unit_of_work() as work:
        old.cancel("by its customer")
        await work.orders.save(old)
        await work.orders.add(new)

    async with unit_of_work() as work:
        stored = await work.orders.get(old.id)
    assert stored.status is OrderStatus.CONFIRMED
    assert not await is_stored(unit_of_work, new)


async def test_of_two_who_change_an_order_at_once_the_later_is_refused(
    unit_of_work,
):
    order = an_order()
    async with unit_of_work() as work:
        await work.orders.add(order)
        await work.commit()
    late_has_read, early_has_saved = asyncio.Event(), asyncio.Event()

    async def late():
        async with unit_of_work() as work:
            mine = await work.orders.get(order.id)
            late_has_read.set()
            await early_has_saved.wait()
            mine.cancel("by its customer")
            await work.orders.save(mine)
            await work.commit()

    async def early():
        await late_has_read.wait()
        async with unit_of_work() as work:
            mine = await work.orders.get(order.id)
            mine.cancel("by its customer")
            await work.orders.save(mine)
            await work.commit()
        early_has_saved.set()

    with pytest.raises(OrderChangedError):
        await asyncio.gather(late(), early())


async def test_of_two_who_change_different_lines_the_later_is_refused(
    unit_of_work,
):
    order = Order(customer_id=uuid4(), currency="EUR")
    for sku in ("TEA-1", "POT-1"):
        order.add_line(OrderLine(sku, 1, Money.of(5, "EUR")))
    async with unit_of_work() as work:
        await work.orders.add(order)
        await work.commit()

    async def change_both_at_once():
        async with unit_of_work() as late:
            mine = await late.orders.get(order.id)
            async with unit_of_work() as early:
                theirs = await early.orders.get(order.id)
                theirs.remove_line("TEA-1")
                await early.orders.save(theirs)
                await early.commit()
            mine.remove_line("POT-1")
            await late.orders.save(mine)
            await late.commit()

    with pytest.raises(OrderChangedError):
        await change_both_at_once()


async def test_units_that_change_different_orders_do_not_disturb(
    unit_of_work,
):
    one, other = an_order(), an_order()
    async with unit_of_work() as work:
        await work.orders.add(one)
        async with unit_of_work() as other_work:
            await other_work.orders.add(other)
            await other_work.commit()
        await work.commit()

    assert await is_stored(unit_of_work, one)
    assert await is_stored(unit_of_work, other)


async def test_it_is_committed_once(unit_of_work):
    async with unit_of_work() as work:
        await work.commit()
        with misuse:
            await work.commit()


async def test_after_a_duplicate_nothing_is_committed(unit_of_work):
    stored, other = an_order(), an_order()
    async with unit_of_work() as work:
        await work.orders.add(stored)
        await work.commit()

    async with unit_of_work() as work:
        await work.orders.add(other)
        with pytest.raises(DuplicateOrderError):
            await work.orders.add(stored)
        with misuse:
            await work.commit()

    assert not await is_stored(unit_of_work, other)


async def test_it_is_not_entered_twice_one_inside_the_other(unit_of_work):
    order = an_order()
    async with unit_of_work() as work:
        await work.orders.add(order)
        with misuse:
            async with work:
                pass
        await work.commit()

    assert await is_stored(unit_of_work, order)


async def test_it_serves_one_operation(unit_of_work):
    async with unit_of_work() as work:
        pass

    with misuse:
        async with work:
            pass


async def test_it_is_not_committed_before_or_after_its_block(unit_of_work):
    work = unit_of_work()
    with misuse:
        await work.commit()

    async with work:
        pass
    with misuse:
        await work.commit()


async def test_it_is_not_used_outside_of_its_block(unit_of_work):
    order, work = an_order(), unit_of_work()
    with misuse:
        await work.orders.add(order)

    async with work:
        pass
    with misuse:
        await work.orders.add(order)


async def test_nothing_can_be_read_after_the_commit(unit_of_work):
    order = an_order()
    async with unit_of_work() as work:
        await work.orders.add(order)
        await work.commit()
        with misuse:
            await work.orders.get(order.id)


def one_for_each_operation(engine):
    return lambda: PostgresUnitOfWork(engine, unrecorded)


async def place_while_another_request_fails(unit_of_work, order):
    """The other request fails between this one's change and its commit."""
    added, other_failed = asyncio.Event(), asyncio.Event()

    async def place():
        async with unit_of_work() as work:
            await work.orders.add(order)
            added.set()
            await other_failed.wait()
            await work.commit()

    async def ask_for_an_unknown_order():
        await added.wait()
        with pytest.raises(OrderNotFoundError):
            async with unit_of_work() as work:
                await work.orders.get(uuid4())
        other_failed.set()

    async with asyncio.TaskGroup() as requests:
        requests.create_task(place())
        requests.create_task(ask_for_an_unknown_order())


@fix_and_twin(
    "make_factory",
    one_for_each_operation,
    unit_of_work_factory,
    "A customer's order is gone, without any error, "
    "because another customer's request failed meanwhile.",
)
async def test_a_failing_request_undoes_no_other_request(engine, make_factory):
    unit_of_work, order = make_factory(engine), an_order()

    await place_while_another_request_fails(unit_of_work, order)

    assert await is_stored(one_for_each_operation(engine), order)
