"""Replay: dead letters get another chance, once, whoever asks how often."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from snippets.event_driven.inbox import IdempotentConsumer
from snippets.event_driven.inbox_charge_order import charge_order
from snippets.event_driven.outbox_place_order import order_placed
from snippets.event_driven.replay import DeadLetters
from snippets.event_driven.retry import RetryingConsumer
from snippets.event_driven.retry_store import RetryStore
from tests.support.databases import UNSTORABLE


@pytest.fixture
def letters(engine):
    return DeadLetters(engine, "payments")


@pytest.fixture
def provider():
    """Whether the payment provider answers."""
    return {"up": False}


@pytest.fixture
def consumer(engine, provider):
    charge = IdempotentConsumer(engine, "payments", charge_order)

    async def handler(event):
        if not provider["up"]:
            raise ConnectionError("provider is away")
        await charge(event)

    return RetryingConsumer(
        store=RetryStore(engine, "payments"),
        handler=handler,
        attempts=1,
        delay=lambda _: timedelta(0),
    )


async def settle(consumer):
    while await consumer.run_once():
        pass


@pytest.fixture
async def dead(consumer):
    event = order_placed(uuid4(), 980)
    await consumer(event)
    await settle(consumer)
    return event


async def test_an_operator_sees_what_died_and_of_what(letters, dead):
    (row,) = await letters.oldest()
    assert row.event == dead
    assert row.error == "ConnectionError('provider is away')"
    assert row.attempts == 1


async def test_a_replayed_event_has_its_effect(
    letters, dead, consumer, provider, shop
):
    provider["up"] = True
    assert await letters.replay([dead.id]) == {dead.id}
    await settle(consumer)
    assert await shop.count("payments") == 1
    assert await letters.oldest() == []


async def test_two_operators_replay_once(letters, dead, consumer, shop):
    replayed = await asyncio.gather(
        letters.replay([dead.id]), letters.replay([dead.id])
    )
    assert sorted(map(len, replayed)) == [0, 1]


async def test_an_event_that_dies_again_is_a_dead_letter_again(
    letters, dead, consumer
):
    await letters.replay([dead.id])
    await settle(consumer)
    assert [row.event for row in await letters.oldest()] == [dead]


async def test_an_effect_that_took_place_after_all_does_not_repeat(
    letters, dead, consumer, provider, shop
):
    await IdempotentConsumer(shop.engine, "payments", charge_order)(dead)
    provider["up"] = True
    await letters.replay([dead.id])
    await settle(consumer)
    assert await shop.count("payments") == 1
    assert await letters.oldest() == []


async def test_what_is_not_dead_is_left_alone(letters, consumer, provider):
    alive = order_placed(uuid4(), 980)
    await consumer(alive)
    assert await letters.replay([alive.id]) == set()
    assert await letters.discard([alive.id]) == set()
    assert await consumer.run_once()


async def test_a_discarded_event_lets_its_subject_go_on(
    letters, dead, consumer, provider, shop
):
    provider["up"] = True
    later = order_placed(uuid4(), 980)
    later = type(later)(
        type="order.placed", subject=dead.subject, data=later.data
    )
    await consumer(later)
    assert await shop.count("payments") == 0

    assert await letters.discard([dead.id]) == {dead.id}
    await settle(consumer)
    assert await shop.count("payments") == 1


@pytest.mark.parametrize("consumer", UNSTORABLE)
def test_a_consumer_is_called_what_a_table_can_hold(engine, consumer):
    with pytest.raises(ValueError, match="cannot store"):
        DeadLetters(engine, consumer)
