"""Outbox: killed anywhere, nothing is lost; numbers follow commits."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from guide.evidence.crash_points import HELD, Report
from snippets.event_driven import (
    outbox_publish_after_commit_broken,
    outbox_publish_before_commit_broken,
)
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.event_log import number_committed
from snippets.event_driven.inbox import IdempotentConsumer
from snippets.event_driven.inbox_charge_order import charge_order
from snippets.event_driven.outbox import (
    OutboxCounterRow,
    OutboxRow,
    append,
)
from snippets.event_driven.relay import OutboxRelay
from tests.snippets.event_driven.conftest import RecordingBus
from tests.support.databases import UNSTORABLE

OPERATION = "tests.snippets.event_driven.crash_operations:place_order"
LOST = "order stored, event lost"
LIED = "event of an order that does not exist"
TWICE = "charged twice"


def twin(way, reason):
    module = f"outbox_{way.replace(' ', '_')}_broken"
    return pytest.param(
        way,
        id=module,
        marks=[
            pytest.mark.xfail(
                strict=True, raises=AssertionError, reason=reason
            ),
            pytest.mark.child_process(f"event_driven.{module}"),
        ],
    )


@pytest.mark.parametrize(
    "way",
    [
        "fix",
        twin(
            "publish after commit",
            "The order is stored and paid for; nobody else ever hears of it.",
        ),
        twin(
            "publish before commit",
            "A customer is charged for an order that does not exist.",
        ),
    ],
)
async def test_killed_anywhere_an_order_is_charged_once_or_not_placed(
    crash_points, shop, way
):
    async def settle():
        while await OutboxRelay(shop.engine, shop.stream).run_once():
            pass
        charge = IdempotentConsumer(shop.engine, "payments", charge_order)
        await shop.stream.drain(charge)
        orders = await shop.count("simple_orders")
        charges = await shop.count("payments")
        if charges > orders:
            return TWICE if orders else LIED
        return HELD if charges == orders else LOST

    outcomes = await crash_points(
        OPERATION, way, *shop.arguments, prepare=shop.empty, settle=settle
    )

    Report("event_driven", "outbox", way, outcomes).save()
    assert set(outcomes.values()) == {HELD}


@pytest.mark.parametrize(
    "module",
    [
        outbox_publish_after_commit_broken,
        outbox_publish_before_commit_broken,
    ],
)
async def test_undisturbed_the_twins_store_and_publish(shop, module, bus):
    order_id = uuid4()

    await module.place_order(shop.engine, bus, order_id, 980)

    assert await shop.count("simple_orders") == 1
    assert [event.data["order_id"] for event in bus.events] == [str(order_id)]


def an_event(subject="order-1", **data):
    return EventEnvelope(type="order.placed", subject=subject, data=data)


async def numbers(engine):
    async with AsyncSession(engine) as session:
        rows = await session.execute(
            select(OutboxRow.subject, OutboxRow.sequence).order_by(
                OutboxRow.position
            )
        )
        return [tuple(row) for row in rows]


async def test_what_was_appended_is_read_back_to_the_letter(engine):
    event = an_event(note="für\u0000 „A“")

    async with AsyncSession(engine) as session, session.begin():
        await append(session, event)

    async with AsyncSession(engine) as session:
        row = (await session.scalars(select(OutboxRow))).one()
    assert row.event == event
    assert row.published_at is None


async def test_each_subject_is_numbered_from_one(engine):
    async with AsyncSession(engine) as session, session.begin():
        given = [
            await append(session, an_event(subject))
            for subject in ("order-1", "order-2", "order-1")
        ]

    assert given == [1, 1, 2]


async def test_numbers_go_on_beyond_two_thousand_million(engine):
    async with AsyncSession(engine) as session, session.begin():
        await append(session, an_event())
        await session.execute(update(OutboxCounterRow).values(last=2**31))
        await session.execute(
            text("alter table outbox alter position restart with 3000000000")
        )
        assert await append(session, an_event()) == 2**31 + 1

    assert await numbers(engine) == [("order-1", 1), ("order-1", 2**31 + 1)]


def a_row(**values):
    row = {
        "subject": "order-1",
        "sequence": 1,
        "event_id": uuid4(),
        "envelope": "{}",
    }
    return insert(OutboxRow).values({**row, **values})


async def test_only_the_database_says_in_which_order_rows_were_written(engine):
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="non-DEFAULT value"):
            await connection.execute(a_row(position=1))


async def test_an_event_is_appended_once_and_a_number_given_once(engine):
    event = an_event()
    async with AsyncSession(engine) as session:
        await append(session, event)
        with pytest.raises(IntegrityError, match="event_id"):
            await append(session, event)
    async with engine.connect() as connection:
        await connection.execute(a_row())
        await connection.execute(a_row(sequence=2))
        await connection.execute(a_row(subject="order-2"))
        with pytest.raises(IntegrityError, match="sequence"):
            await connection.execute(a_row())


async def test_a_transaction_that_rolls_back_leaves_no_gap(engine):
    async with AsyncSession(engine) as session:
        await append(session, an_event())
        await session.rollback()
        async with session.begin():
            await append(session, an_event())

    assert await numbers(engine) == [("order-1", 1)]


async def test_a_second_append_for_a_subject_waits_for_the_first_commit(
    engine, until_somebody_waits
):
    async def second():
        async with AsyncSession(engine) as session, session.begin():
            return await append(session, an_event())

    async with AsyncSession(engine) as session, session.begin():
        first = await append(session, an_event())
        waiting = asyncio.create_task(second())
        await until_somebody_waits()

    assert (first, await waiting) == (1, 2)


async def test_appends_for_different_subjects_do_not_wait(engine):
    async with AsyncSession(engine) as slow, slow.begin():
        await append(slow, an_event("order-1"))
        async with AsyncSession(engine) as session, session.begin():
            await append(session, an_event("order-2"))
        assert await numbers(engine) == [("order-2", 1)]


async def test_the_index_of_unpublished_events_holds_no_others(engine):
    async with AsyncSession(engine) as session, session.begin():
        for _ in range(3):
            await append(session, an_event())
        await session.execute(update(OutboxRow).values(published_at=func.now()))
    async with engine.connect() as connection:
        where = await connection.scalar(
            text(
                "select pg_get_expr(indpred, indrelid) from pg_index"
                " where indexrelid = 'outbox_unpublished'::regclass"
            )
        )
    assert where == "(published_at IS NULL)"


async def number(engine):
    await number_committed(engine)


async def publish(engine):
    await OutboxRelay(engine, RecordingBus()).run_once()


@pytest.mark.parametrize("change", [number, publish])
async def test_whoever_changes_several_events_locks_the_oldest_first(
    engine, until_somebody_waits, change
):
    """In one order, two that change the same events cannot deadlock.

    The row of the first event lies last in the table, as after an update, and
    PostgreSQL reads the table as it lies.
    """
    async with engine.begin() as connection:
        for setting in ("enable_indexscan", "enable_bitmapscan"):
            alter = f"alter database {engine.url.database} set {setting} = off"
            await connection.execute(text(alter))
    await engine.dispose()  # what connects from now on has the settings
    for name in "abc":
        event = EventEnvelope(type=name, subject=name, data={})
        async with AsyncSession(engine) as session, session.begin():
            await append(session, event)
    oldest = OutboxRow.subject == "a"
    others = select(OutboxRow.subject).where(~oldest)
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(
            update(OutboxRow).where(oldest).values(batch=None)
        )

    async with AsyncSession(engine) as session, session.begin():
        await session.execute(select(OutboxRow).where(oldest).with_for_update())
        changing = asyncio.create_task(change(engine))
        await until_somebody_waits()
        free = await session.scalars(others.with_for_update(skip_locked=True))
        assert sorted(free) == ["b", "c"]
    await changing


@pytest.mark.parametrize("text", UNSTORABLE)
async def test_an_event_is_stored_whatever_its_data_say(engine, text):
    event = EventEnvelope(type="order.placed", subject="a", data={text: text})
    async with AsyncSession(engine) as session, session.begin():
        await append(session, event)
    async with AsyncSession(engine) as session:
        (row,) = await session.scalars(select(OutboxRow))
    assert row.event == event
