"""Relay: order within a subject, several at once, failing brokers, killed."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.event_driven import (
    relay,
    relay_row_locks_broken,
    relay_skip_locked_broken,
)
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.event_log import number_committed
from snippets.event_driven.outbox import append
from snippets.event_driven.outbox_wakeup import OutboxWakeup
from snippets.event_driven.relay import OutboxRelay
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

either = fix_and_twin(
    "module",
    relay,
    relay_skip_locked_broken,
    "The warehouse hears that an order was cancelled, then "
    "that it was placed, and ships it.",
)


HOUR = timedelta(hours=1)


def at_once(_):
    return timedelta(0)


async def execute(engine, statement):
    async with engine.begin() as connection:
        return await connection.execute(text(statement))


async def stopped(running):
    running.cancel()
    await asyncio.wait({running})
    return running.cancelled()


@pytest.fixture
def add(engine):
    """Commits events, one a transaction: ``await add("a1", "b1", "a2")``."""

    async def add(*names):
        for name in names:
            async with AsyncSession(engine) as session, session.begin():
                await append(
                    session,
                    EventEnvelope(type=name, subject=name[0], data={}),
                )

    return add


class Bus:
    """Publishes at once, except what the test holds back or makes fail."""

    def __init__(self, *, hold=None, fail=()):
        self.published = []
        self.reached, self.release = asyncio.Event(), asyncio.Event()
        self.done = asyncio.Event()
        self._hold, self.fail = hold, set(fail)

    async def publish(self, event):
        if event.type == self._hold:
            self.reached.set()
            await self.release.wait()
        if event.type in self.fail:
            self.reached.set()
            raise ConnectionError(event.type)
        self.published.append(event.type)
        self.done.set()


@either
async def test_a_second_relay_does_not_overtake_within_a_subject(
    engine, add, module
):
    await add("a1", "a2", "b1")
    bus = Bus(hold="a1")
    async with asyncio.TaskGroup() as relays:
        relays.create_task(module.OutboxRelay(engine, bus).run_once(limit=1))
        await bus.reached.wait()
        await module.OutboxRelay(engine, bus).run_once()
        bus.release.set()
    while await module.OutboxRelay(engine, bus).run_once():
        pass

    assert bus.published.index("a1") < bus.published.index("a2")
    assert sorted(bus.published) == ["a1", "a2", "b1"]


async def test_a_single_relay_keeps_the_order_even_when_it_is_the_twin(
    engine, add
):
    await add("a1", "a2")
    bus = Bus()
    await relay_skip_locked_broken.OutboxRelay(engine, bus).run_once()
    assert bus.published == ["a1", "a2"]


async def test_a_second_relay_publishes_the_other_subjects_meanwhile(
    engine, add
):
    await add("a1", "a2", "b1")
    bus = Bus(hold="a1")
    async with asyncio.TaskGroup() as relays:
        relays.create_task(OutboxRelay(engine, bus).run_once(limit=1))
        await bus.reached.wait()
        assert await OutboxRelay(engine, bus).run_once() == 1
        assert bus.published == ["b1"]
        bus.release.set()


async def test_an_event_committed_while_its_subject_is_published_comes_after(
    engine, add
):
    await add("a1")
    bus = Bus(hold="a1")
    async with asyncio.TaskGroup() as relays:
        relays.create_task(OutboxRelay(engine, bus).run_once())
        await bus.reached.wait()
        await add("a2")
        assert await OutboxRelay(engine, bus).run_once() == 0
        bus.release.set()
    await OutboxRelay(engine, bus).run_once()

    assert bus.published == ["a1", "a2"]


async def test_events_are_published_once_and_up_to_the_limit(engine, add):
    await add("a1", "b1", "a2", "a3")
    bus = Bus()

    counts = [await OutboxRelay(engine, bus).run_once(limit=3) for _ in "123"]

    assert counts == [3, 1, 0]
    assert sorted(bus.published) == ["a1", "a2", "a3", "b1"]


async def test_an_event_that_fails_holds_back_its_subject_alone(
    engine, add, caplog
):
    await add("a1", "a2", "a3", "b1")
    bus = Bus(fail=["a2"])
    relay = OutboxRelay(engine, bus, delay=at_once)

    assert await relay.run_once() == 2
    assert sorted(bus.published) == ["a1", "b1"]
    assert "ConnectionError: a2" in caplog.text

    bus.fail.clear()
    assert await relay.run_once() == 2
    assert bus.published[2:] == ["a2", "a3"]


async def test_a_bus_that_somebody_else_cancelled_has_failed(engine, add):
    """Its connection was cancelled, the relay was not: it must not end."""
    await add("a1", "b1")
    bus, publish = Bus(), Bus.publish

    async def fail(event):
        if event.type == "a1":
            raise asyncio.CancelledError
        await publish(bus, event)

    bus.publish = fail
    assert await OutboxRelay(engine, bus).run_once() == 1
    assert bus.published == ["b1"]


async def test_a_backlog_behind_a_failure_does_not_fill_the_batch(engine, add):
    await add("a1", "a2", "a3", "b1")
    bus = Bus(fail=["a1"])

    assert await OutboxRelay(engine, bus).run_once(limit=3) == 1
    assert bus.published == ["b1"]


async def test_as_many_failures_as_the_limit_do_not_stop_the_rest(engine, add):
    await add("a1", "b1", "c1", "d1", "e1")
    bus = Bus(fail=["a1", "b1", "c1"])
    relay = OutboxRelay(engine, bus, delay=at_once)
    counts = [await relay.run_once(limit=3) for _ in "12"]
    assert counts == [0, 2]

    bus.fail.clear()
    assert await relay.run_once(limit=3) == 3
    assert sorted(bus.published) == ["a1", "b1", "c1", "d1", "e1"]


async def test_a_relay_that_is_cancelled_leaves_its_events_to_the_next(
    engine, add
):
    await add("a1", "a2")
    bus = Bus(hold="a1")
    cancelled = asyncio.create_task(OutboxRelay(engine, bus).run_once())
    await bus.reached.wait()
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    bus.release.set()

    assert await OutboxRelay(engine, bus).run_once() == 2


class ScriptedWakeup:
    """Stands for `OutboxWakeup`: hands control to the test at each wait."""

    def __init__(self):
        self.count = 0
        self.waits = asyncio.Queue()

    async def wait(self, seen, seconds):
        done = asyncio.Event()
        await self.waits.put((seen, seconds, done))
        await done.wait()


async def test_the_loop_publishes_all_there_is_before_it_waits(engine, add):
    await add("a1", "a2", "a3")
    bus, wakeup = Bus(), ScriptedWakeup()
    running = asyncio.create_task(OutboxRelay(engine, bus).run(wakeup, 7.0))
    seen, seconds, wake = await wakeup.waits.get()

    assert (seen, seconds) == (0, 7.0)
    assert bus.published == ["a1", "a2", "a3"]

    await add("a4")
    wake.set()
    await wakeup.waits.get()
    assert bus.published[-1] == "a4"

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_broker_that_is_away_is_tried_again(engine, add):
    await add("a1")
    bus, wakeup = Bus(fail=["a1"]), ScriptedWakeup()
    relay = OutboxRelay(engine, bus, delay=lambda _: HOUR)
    running = asyncio.create_task(relay.run(wakeup))
    _, _, wake = await wakeup.waits.get()
    bus.fail.clear()
    await execute(engine, "update outbox_line set due_at = now()")
    wake.set()
    await wakeup.waits.get()

    assert bus.published == ["a1"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_lost_database_connection_is_survived(
    engine, add, postgres_url, caplog
):
    await add("a1")
    bus, wakeup = Bus(hold="a1"), ScriptedWakeup()
    running = asyncio.create_task(OutboxRelay(engine, bus).run(wakeup, 0))
    await bus.reached.wait()
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    bus.release.set()
    await wakeup.waits.get()

    assert bus.published == ["a1", "a1"]  # at least once
    assert "tries again" in caplog.text
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_commit_wakes_the_relay(engine, add, postgres_url):
    wakeup, bus = OutboxWakeup(postgres_url), Bus()
    listening = asyncio.create_task(wakeup.run())
    running = asyncio.create_task(OutboxRelay(engine, bus).run(wakeup, 3600))
    await wakeup.wait(0, 3600)

    await add("a1")
    await bus.done.wait()

    for task in (running, listening):
        task.cancel()
    await asyncio.gather(running, listening, return_exceptions=True)


@fix_and_twin(
    "module",
    relay,
    relay_row_locks_broken,
    "The bus hangs, and the dashboard stands still: "
    "whoever reads the outbox waits for the relay.",
    raises=DBAPIError,
    match="lock timeout",
)
async def test_nobody_waits_for_a_relay_that_waits_for_its_bus(
    engine, add, module
):
    await add("a1", "b1")
    bus = Bus(hold="a1")
    database = engine.url.database
    await execute(engine, f"alter database {database} set lock_timeout = '1s'")
    await engine.dispose()  # what connects from now on has the setting
    waiting = asyncio.create_task(module.OutboxRelay(engine, bus).run_once())
    await bus.reached.wait()
    try:
        await number_committed(engine)
    finally:
        bus.release.set()
        await waiting


async def test_what_only_one_relay_does_both_publish(engine, add):
    await add("a1", "b1")
    bus = Bus()
    assert await relay_row_locks_broken.OutboxRelay(engine, bus).run_once() == 2
    assert bus.published == ["a1", "b1"]


async def test_a_subject_that_hangs_delays_no_other_not_even_the_next_events(
    engine, add
):
    await add("a1", "b1")
    bus = Bus(hold="a1")
    running = asyncio.create_task(
        OutboxRelay(engine, bus).run(ScriptedWakeup())
    )
    await bus.reached.wait()
    await add("b2", "c1")
    await async_until(lambda: len(bus.published) == 3)

    assert sorted(bus.published) == ["b1", "b2", "c1"]
    bus.release.set()
    await async_until(lambda: "a1" in bus.published)
    assert await stopped(running)


async def test_what_the_bus_does_not_confirm_in_time_has_failed(
    engine, add, caplog
):
    await add("a1")
    bus = Bus(hold="a1")
    relay = OutboxRelay(engine, bus, patience=timedelta(0), delay=at_once)

    assert await relay.run_once() == 0
    assert "TimeoutError" in caplog.text


async def test_a_subject_that_fails_waits_longer_each_time(engine, add, caplog):
    await add("a1", "a2")
    bus, attempts = Bus(fail=["a1", "a2"]), []

    def delay(failures):
        attempts.append(failures)
        return timedelta(0)

    relay = OutboxRelay(engine, bus, delay=delay)
    for _ in range(3):
        await relay.run_once()
    bus.fail.remove("a1")
    await relay.run_once()

    assert attempts == [1, 2, 3, 1]
    assert caplog.text.count("Traceback") == 2  # at the first of each


async def test_a_subject_that_failed_is_left_alone_until_it_is_due(engine, add):
    await add("a1")
    bus = Bus(fail=["a1"])
    await OutboxRelay(engine, bus, delay=lambda _: HOUR).run_once()
    bus.fail.clear()
    await OutboxRelay(engine, bus).run_once()
    assert bus.published == []

    await execute(engine, "update outbox_line set due_at = now()")
    await OutboxRelay(engine, bus).run_once()
    assert bus.published == ["a1"]
    assert (await execute(engine, "select 1 from outbox_line")).first() is None
