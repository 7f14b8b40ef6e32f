"""Retry: a failing handler costs a delay, then a dead letter."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from snippets.event_driven.inbox import IdempotentConsumer
from snippets.event_driven.inbox_charge_order import charge_order
from snippets.event_driven.outbox_place_order import order_placed
from snippets.event_driven.replay import DeadLetters
from snippets.event_driven.retry import (
    RetryingConsumer,
    UnprocessableEventError,
)
from snippets.event_driven.retry_store import RetryStore

AT_ONCE = timedelta(0)
HOUR = timedelta(hours=1)


class Handler:
    """Notes its events; fails as often as told."""

    def __init__(self, *errors):
        self.errors, self.handled = list(errors), []
        self.done = asyncio.Event()

    async def __call__(self, event):
        if self.errors:
            raise self.errors.pop(0)
        self.handled.append(event)
        self.done.set()


@pytest.fixture
def retrying(engine):
    """``retrying(handler, …)``: a consumer that retries without delay."""

    def make(handler, **settings):
        return RetryingConsumer(
            store=RetryStore(engine, "payments"),
            handler=handler,
            **{"delay": lambda _: AT_ONCE, "lease": HOUR, **settings},
        )

    return make


@pytest.fixture
def event():
    return order_placed(uuid4(), 980)


def away():
    return ConnectionError("provider is away")


async def dead(engine):
    letters = await DeadLetters(engine, "payments").oldest()
    return [(row.event_id, row.attempts, row.error) for row in letters]


async def test_an_event_without_trouble_is_not_kept(retrying, event):
    consumer = retrying(handler := Handler())
    await consumer(event)
    assert handler.handled == [event]
    assert not await consumer.run_once()


async def test_a_failed_event_is_handled_later(retrying, event):
    consumer = retrying(handler := Handler(away(), away()))
    await consumer(event)
    assert [await consumer.run_once() for _ in range(3)] == [True, True, False]
    assert handler.handled == [event]


async def test_it_waits_as_long_as_delay_says(retrying, event):
    delays = {1: AT_ONCE, 2: HOUR}
    consumer = retrying(Handler(away(), away(), away()), delay=delays.get)
    await consumer(event)
    assert [await consumer.run_once() for _ in range(3)] == [True, True, False]


async def test_later_events_of_the_subject_queue_up_behind_it(retrying, event):
    later, other = order_placed(uuid4(), 1), order_placed(uuid4(), 2)
    later = type(later)(type="order.paid", subject=event.subject, data={})
    consumer = retrying(handler := Handler(away()))

    for each in (event, later, other):
        await consumer(each)
    assert handler.handled == [other]

    while await consumer.run_once():
        pass
    assert handler.handled == [other, event, later]


async def test_after_its_attempts_it_is_a_dead_letter(retrying, engine, event):
    consumer = retrying(Handler(*(away() for _ in range(9))), attempts=3)
    await consumer(event)
    while await consumer.run_once():
        pass
    assert await dead(engine) == [(event.id, 3, repr(away()))]


async def test_what_no_retry_will_help_is_not_retried(retrying, engine, event):
    error = UnprocessableEventError("no such currency")
    consumer = retrying(Handler(error, error, error))
    await consumer(event)
    assert [await consumer.run_once() for _ in range(2)] == [True, False]
    assert await dead(engine) == [(event.id, 1, repr(error))]


async def test_an_error_that_cannot_be_stored_as_it_is_counts(
    retrying, engine, event
):
    class QuotesInputError(Exception):
        def __repr__(self):
            return "input_value='\0\ud83d'"

    consumer = retrying(Handler(*[QuotesInputError()] * 9), attempts=2)
    await consumer(event)
    while await consumer.run_once():
        pass
    assert await dead(engine) == [(event.id, 2, "input_value='\\x00\\ud83d'")]


class Killed(BaseException):
    """As good as a kill: nothing after it runs."""


async def test_killed_at_the_first_attempt_it_is_still_with_the_bus(
    retrying, event
):
    consumer = retrying(Handler(Killed()))
    with pytest.raises(Killed):
        await consumer(event)
    assert not await consumer.run_once()


async def test_an_event_that_kills_the_process_runs_out_of_attempts(
    retrying, engine, event
):
    consumer = retrying(
        handler := Handler(away(), Killed(), Killed()),
        attempts=2,
        lease=AT_ONCE,
    )
    await consumer(event)
    for _ in range(2):
        with pytest.raises(Killed):
            await consumer.run_once()
    assert await consumer.run_once()

    ((event_id, _, error),) = await dead(engine)
    assert event_id == event.id
    assert "never ended" in error
    assert handler.handled == []


async def test_the_loop_makes_attempts_as_they_fall_due(
    retrying, event, monkeypatch
):
    claim, idle = RetryStore.claim, asyncio.Event()
    outages = [OSError("PostgreSQL is away")]

    async def note_when_nothing_is_due(store, lease):
        if outages:
            raise outages.pop()
        row = await claim(store, lease)
        if row is None:
            idle.set()
        return row

    monkeypatch.setattr(RetryStore, "claim", note_when_nothing_is_due)
    consumer = retrying(handler := Handler(away()))
    running = asyncio.create_task(consumer.run(poll=0))
    await idle.wait()
    await consumer(event)
    await handler.done.wait()
    idle.clear()
    await idle.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert handler.handled == [event]


async def test_two_attempts_at_once_charge_once(retrying, shop, event):
    charge = IdempotentConsumer(shop.engine, "payments", charge_order)
    failures = [away()]

    async def charge_after_a_failure(event):
        if failures:
            raise failures.pop()
        await charge(event)

    consumer = retrying(charge_after_a_failure, lease=AT_ONCE)
    await consumer(event)
    await asyncio.gather(consumer.run_once(), consumer.run_once())
    assert await shop.count("payments") == 1


async def test_a_handler_that_was_cancelled_by_others_has_failed(
    retrying, engine, event
):
    """It awaited a task, or a pool, that somebody else cancelled."""
    consumer = retrying(
        handler := Handler(*(asyncio.CancelledError() for _ in range(2)))
    )
    await consumer(event)
    assert [await consumer.run_once() for _ in range(3)] == [True, True, False]
    assert handler.handled == [event]


async def test_a_handler_that_hangs_costs_an_attempt_and_no_worker(
    retrying, engine, event
):
    failures = [away()]

    async def hang(event):
        if failures:
            raise failures.pop()
        await asyncio.Event().wait()

    consumer = retrying(hang, attempts=2, patience=timedelta(0))
    await consumer(event)
    assert [await consumer.run_once() for _ in range(3)] == [True, True, False]
    assert await dead(engine) == [(event.id, 2, "TimeoutError()")]


async def test_one_slow_handler_does_not_delay_other_subjects(retrying):
    slow, other = order_placed(uuid4(), 1), order_placed(uuid4(), 2)
    failures, handled = {slow.id, other.id}, asyncio.Event()

    async def handle(event):
        if event.id in failures:
            failures.remove(event.id)
            raise away()
        if event == slow:
            await asyncio.Event().wait()
        handled.set()

    consumer = retrying(handle)
    for each in (slow, other):
        await consumer(each)
    running = asyncio.create_task(consumer.run(poll=0))
    await handled.wait()

    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
