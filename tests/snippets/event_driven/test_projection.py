"""Projection: killed anywhere, two at once: every order is counted once."""

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guide.crash_points import HELD, Report
from snippets.event_driven import projection, projection_broken
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.outbox import append
from snippets.event_driven.projection import daily_sales
from tests.snippets.event_driven.crash_operations import PROJECTIONS

OPERATION = "tests.snippets.event_driven.crash_operations:project"
TWICE = "The dashboard shows sales that never were."
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture
def add(engine):
    async def add(kind, day=MONDAY, cents=980):
        event = EventEnvelope(
            type=f"order.{kind}",
            subject="order-1",
            data={"total_cents": cents},
            time=datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC),
        )
        async with AsyncSession(engine) as session, session.begin():
            await append(session, event)

    return add


@pytest.fixture
def sales(engine):
    async def sales():
        async with engine.connect() as connection:
            rows = await connection.execute(
                select(daily_sales).order_by(daily_sales.c.day)
            )
            return [tuple(row) for row in rows]

    return sales


@pytest.mark.parametrize(
    "way",
    [
        "fix",
        pytest.param(
            "checkpoint after",
            id="broken",
            marks=[
                pytest.mark.xfail(
                    strict=True, raises=AssertionError, reason=TWICE
                ),
                pytest.mark.child_process("event_driven.projection_broken"),
            ],
        ),
    ],
)
async def test_killed_anywhere_an_order_is_counted_once(
    crash_points, shop, add, sales, way
):
    async def prepare():
        await shop.empty()
        await add("placed")

    async def settle():
        while await PROJECTIONS[way].run_once(shop.engine):
            pass
        ((_, orders, _),) = await sales()
        return HELD if orders == 1 else f"counted {orders} times"

    outcomes = await crash_points(
        *(OPERATION, way, shop.arguments[0]), prepare=prepare, settle=settle
    )

    Report("event_driven", "projection", way, outcomes).save()
    assert set(outcomes.values()) == {HELD}


@pytest.mark.parametrize("module", [projection, projection_broken])
async def test_undisturbed_orders_are_summed_by_day(engine, add, sales, module):
    await add("placed", MONDAY, 980)
    await add("placed", MONDAY, 3000)
    await add("placed", TUESDAY, 490)
    await add("packed", TUESDAY)
    await add("cancelled", MONDAY, 980)

    counts = [await module.run_once(engine, limit=3) for _ in range(3)]

    assert counts == [3, 2, 0]
    assert await sales() == [(MONDAY, 1, 3000), (TUESDAY, 1, 490)]


async def test_a_day_is_a_day_in_utc(engine, sales):
    east = timezone(timedelta(hours=9))
    event = EventEnvelope(
        type="order.placed",
        subject="order-1",
        data={"total_cents": 980},
        time=datetime(2026, 11, 24, 8, 59, tzinfo=east),
    )
    async with AsyncSession(engine) as session, session.begin():
        await append(session, event)
    await projection.run_once(engine)
    assert await sales() == [(MONDAY, 1, 980)]


async def test_two_projectors_count_once(engine, add, sales):
    for _ in range(4):
        await add("placed", MONDAY, 100)

    counts = await asyncio.gather(
        *(projection.run_once(engine, limit=3) for _ in range(3))
    )

    assert sorted(counts) == [0, 1, 3]
    assert await sales() == [(MONDAY, 4, 400)]
