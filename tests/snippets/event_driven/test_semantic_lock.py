"""Semantic lock on PostgreSQL: two sagas want one order, one gets it."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.domain_driven_design.persistence import Base
from snippets.event_driven import semantic_lock, semantic_lock_broken
from snippets.event_driven.semantic_lock import (
    LockableOrder,
    LockLostError,
    OrderLockedError,
)
from tests.support.twins import fix_and_twin

ORDER, MINUTE = uuid4(), timedelta(minutes=1)

both_ways = pytest.mark.parametrize(
    "module", [semantic_lock, semantic_lock_broken]
)


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(
            insert(LockableOrder).values(
                id=ORDER, status="confirmed", total_cents=980
            )
        )
    yield engine
    await engine.dispose()


async def begin(engine, saga, pending="cancel_pending", module=semantic_lock):
    async with engine.begin() as connection:
        return await module.begin_change(
            connection, ORDER, saga, pending, MINUTE
        )


async def end(engine, saga, status, total, module=semantic_lock):
    async with engine.begin() as connection:
        await module.end_change(connection, ORDER, saga, status, total)


async def stored(engine):
    async with engine.connect() as connection:
        row = await connection.execute(
            text("select status, total_cents, saga_id from lockable_orders")
        )
        return tuple(row.one())


class Till:
    """What the payment provider took and gave back: a saga's middle step."""

    def __init__(self, paid):
        self.paid = paid


async def cancel(engine, module, till, until_both_began):
    """A saga in three steps: lock, refund the total, store."""
    saga = uuid4()
    total = await begin(engine, saga, "cancel_pending", module)
    await until_both_began()
    till.paid -= total
    await end(engine, saga, "cancelled", 0, module)


async def add_a_pot(engine, module, till, until_both_began):
    """A saga in three steps: lock, charge the difference, store."""
    saga = uuid4()
    total = await begin(engine, saga, "revise_pending", module)
    await until_both_began()
    till.paid += 3000
    await end(engine, saga, "confirmed", total + 3000, module)


@fix_and_twin(
    "module",
    semantic_lock,
    semantic_lock_broken,
    "The customer cancels and has paid for a pot all the "
    "same: both changes were confirmed, on one old total",
)
async def test_what_is_paid_is_what_the_order_says(engine, module):
    till, attempts, both = Till(paid=980), [], asyncio.Event()

    async def until_both_began():
        attempts.append("began")
        if len(attempts) == 2:
            both.set()
        await both.wait()

    async def attempt(change):
        try:
            await change(engine, module, till, until_both_began)
        except OrderLockedError:
            both.set()  # there is nobody to wait for

    await asyncio.gather(attempt(cancel), attempt(add_a_pot))

    _, total, _ = await stored(engine)
    assert till.paid == total


@both_ways
async def test_one_change_after_another_succeeds(engine, module):
    first, second = uuid4(), uuid4()

    assert await begin(engine, first, module=module) == 980
    await end(engine, first, "confirmed", 500, module)
    assert await begin(engine, second, module=module) == 500
    await end(engine, second, "cancelled", 0, module)

    assert await stored(engine) == ("cancelled", 0, None)


@both_ways
async def test_a_cancelled_order_cannot_be_changed(engine, module):
    saga = uuid4()
    await begin(engine, saga, module=module)
    await end(engine, saga, "cancelled", 0, module)

    with pytest.raises(OrderLockedError):
        await begin(engine, uuid4(), module=module)


async def test_the_owner_may_repeat_the_first_step(engine):
    saga = uuid4()
    await begin(engine, saga)
    assert await begin(engine, saga) == 980


async def test_a_lock_that_ran_out_is_taken_over_and_its_owner_told(engine):
    slow, next_one = uuid4(), uuid4()
    await begin(engine, slow)
    async with engine.begin() as connection:
        await connection.execute(
            text("update lockable_orders set locked_until = now()")
        )

    await begin(engine, next_one, "revise_pending")

    with pytest.raises(LockLostError):
        await end(engine, slow, "cancelled", 0)
    assert await stored(engine) == ("revise_pending", 980, next_one)


async def test_a_repeated_end_changes_nothing_that_came_after_it(engine):
    saga, next_one = uuid4(), uuid4()
    await begin(engine, saga)
    await end(engine, saga, "confirmed", 500)
    await begin(engine, next_one, "revise_pending")

    with pytest.raises(LockLostError):
        await end(engine, saga, "confirmed", 500)
    assert await stored(engine) == ("revise_pending", 500, next_one)
