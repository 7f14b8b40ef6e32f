"""Orders on PostgreSQL: from pending to one of two ends."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.domain_driven_design.persistence import Base
from snippets.event_driven.participants import RefusedError
from snippets.event_driven.postgres_orders import (
    OrderProgressRow,
    PostgresOrders,
)
from snippets.event_driven.postgres_orders_broken import UncheckedOrders
from tests.support.databases import LEVELS
from tests.support.twins import fix_and_twin

ORDER = uuid4()


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        (["place"], "pending"),
        (["place", "place"], "pending"),
        (["place", "confirm"], "confirmed"),
        (["place", "confirm", "place"], "confirmed"),
        (["place", "confirm", "confirm"], "confirmed"),
        (["place", "cancel"], "cancelled"),
        (["place", "cancel", "cancel"], "cancelled"),
        (["cancel"], "cancelled"),
    ],
)
async def test_the_first_end_is_the_end(engine, changes, status):
    orders = PostgresOrders(engine)
    for change in changes:
        await getattr(orders, change)(ORDER)

    async with engine.connect() as connection:
        assert (
            await connection.scalar(select(OrderProgressRow.status)) == status
        )


@pytest.mark.parametrize(
    ("changes", "refused", "status"),
    [
        (["place", "confirm"], "cancel", "confirmed"),
        (["place", "cancel"], "confirm", "cancelled"),
        (["cancel"], "place", "cancelled"),
        ([], "confirm", None),
    ],
)
async def test_whoever_wants_the_other_end_is_told(
    engine, changes, refused, status
):
    orders = PostgresOrders(engine)
    for change in changes:
        await getattr(orders, change)(ORDER)

    with pytest.raises(RefusedError, match=f"is {status or 'unknown'}"):
        await getattr(orders, refused)(ORDER)

    async with engine.connect() as connection:
        assert (
            await connection.scalar(select(OrderProgressRow.status)) == status
        )


@fix_and_twin(
    "kind",
    PostgresOrders,
    UncheckedOrders,
    "The customer has paid, support has cancelled the "
    "order, and the saga reports that all went well",
)
async def test_a_payment_for_a_cancelled_order_is_not_confirmed(engine, kind):
    orders = kind(engine)
    await orders.place(ORDER)
    await orders.cancel(ORDER)

    (outcome,) = await asyncio.gather(
        orders.confirm(ORDER), return_exceptions=True
    )

    assert isinstance(outcome, RefusedError)


async def test_the_twin_confirms_what_is_pending(engine):
    orders = UncheckedOrders(engine)
    await orders.place(ORDER)
    await orders.confirm(ORDER)
    await orders.place(ORDER)  # a repeat

    async with engine.connect() as connection:
        assert (
            await connection.scalar(select(OrderProgressRow.status))
            == "confirmed"
        )


async def test_of_two_ends_at_once_one_is_refused(engine):
    orders = PostgresOrders(engine)
    await orders.place(ORDER)
    outcomes = await asyncio.gather(
        orders.confirm(ORDER), orders.cancel(ORDER), return_exceptions=True
    )
    assert [type(each) for each in outcomes if each] == [RefusedError]


@pytest.mark.parametrize("level", LEVELS)
async def test_repeats_at_the_same_time_agree_whatever_the_engines_level_is(
    engine, at_level, level
):
    orders = PostgresOrders(at_level(level))
    for change in (orders.place, orders.confirm):
        await asyncio.gather(*(change(ORDER) for _ in range(5)))

    async with engine.connect() as connection:
        assert (
            await connection.scalar(select(OrderProgressRow.status))
            == "confirmed"
        )
