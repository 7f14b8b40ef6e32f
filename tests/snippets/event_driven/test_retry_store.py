"""The retry store: one claim at a time, in order within a subject."""

import asyncio
from datetime import timedelta

import pytest

from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.retry_store import RetryStore
from tests.support.databases import LEVELS, UNSTORABLE

HOUR = timedelta(hours=1)
NOW = timedelta(0)
ERROR = ConnectionError("provider is away")


def an_event(subject="order-1"):
    return EventEnvelope(type="order.placed", subject=subject, data={})


@pytest.fixture
def store(engine):
    return RetryStore(engine, "payments")


async def test_an_event_is_claimed_by_one_of_many(store):
    await store.keep(an_event())
    claims = await asyncio.gather(*(store.claim(HOUR) for _ in range(5)))
    assert [row.attempts for row in claims if row] == [1]


@pytest.mark.parametrize("level", LEVELS)
async def test_claims_at_once_do_not_fail_whatever_the_engines_level(
    engine, at_level, level
):
    other = at_level(level)
    stores = [RetryStore(other, "payments") for _ in range(8)]
    for number in range(8):
        await stores[0].keep(an_event(f"order-{number}"))

    claims = await asyncio.gather(*(store.claim(HOUR) for store in stores))

    assert [row.attempts for row in claims if row] == [1] * 8


async def test_a_claim_that_came_to_nothing_is_due_after_its_lease(store):
    await store.keep(an_event())
    await store.claim(NOW)
    again = await store.claim(HOUR)
    assert again.attempts == 2
    assert await store.claim(HOUR) is None


async def test_an_event_is_kept_once(store):
    event = an_event()
    await store.keep(event)
    await store.keep(event)
    await store.remove(await store.claim(HOUR))
    assert await store.claim(HOUR) is None


async def test_later_events_of_a_subject_wait_others_do_not(store):
    first, second, other = an_event(), an_event(), an_event("order-2")
    for event in (first, second, other):
        await store.keep(event)

    claimed = [await store.claim(HOUR) for _ in range(3)]
    assert [row and row.event for row in claimed] == [first, other, None]

    await store.remove(claimed[0])
    assert (await store.claim(HOUR)).event == second


async def test_a_failed_event_is_due_after_its_delay(store):
    await store.keep(an_event())
    await store.fail(await store.claim(HOUR), ERROR, HOUR)
    assert await store.claim(HOUR) is None


@pytest.mark.parametrize("delay", [HOUR, None])
async def test_a_worker_that_was_paused_has_no_say_any_more(store, delay):
    await store.keep(an_event())
    paused = await store.claim(NOW)
    await store.claim(NOW)

    await store.fail(paused, ERROR, delay)

    assert (await store.claim(NOW)).attempts == 3


async def test_a_failed_event_keeps_its_error(store):
    await store.keep(an_event())
    await store.fail(await store.claim(HOUR), ERROR, NOW)
    row = await store.claim(HOUR)
    assert row.error == "ConnectionError('provider is away')"


async def test_a_dead_letter_holds_back_its_subject(store):
    await store.keep(an_event())
    await store.keep(an_event())
    await store.fail(await store.claim(HOUR), ERROR, None)
    assert await store.claim(NOW) is None
    assert await store.holds("order-1")


async def test_a_failure_is_that_of_one_event(store):
    await store.keep(an_event())
    await store.keep(an_event("order-2"))
    failed, other = [await store.claim(NOW) for _ in range(2)]

    await store.fail(failed, ERROR, None)

    left = await store.claim(HOUR)
    assert (left.event, left.error) == (other.event, None)


async def test_what_has_been_due_for_longest_goes_first(store):
    await store.keep(an_event())
    await store.keep(an_event("order-2"))
    first, second = [await store.claim(HOUR) for _ in range(2)]

    await store.fail(first, ERROR, NOW)
    await store.fail(second, ERROR, -HOUR)

    assert (await store.claim(HOUR)).event == second.event


async def test_two_consumers_keep_the_same_event(engine, store):
    event, other = an_event(), RetryStore(engine, "loyalty")
    await store.keep(event)
    await other.keep(event)

    assert (await other.claim(HOUR)).event == event
    assert (await store.claim(HOUR)).event == event


async def test_consumers_do_not_see_each_others_events(engine, store):
    await store.keep(an_event())
    other = RetryStore(engine, "loyalty")
    assert not await other.holds("order-1")
    assert await other.claim(HOUR) is None


@pytest.mark.parametrize("consumer", UNSTORABLE)
def test_a_consumer_is_called_what_a_table_can_hold(engine, consumer):
    with pytest.raises(ValueError, match="cannot store"):
        RetryStore(engine, consumer)


@pytest.mark.parametrize("text", UNSTORABLE)
async def test_an_event_is_kept_whatever_its_data_say(store, text):
    event = EventEnvelope(type="order.placed", subject="a", data={text: text})
    await store.keep(event)
    assert (await store.claim(HOUR)).event == event
