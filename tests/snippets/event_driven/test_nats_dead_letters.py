"""NATS: what replay does beyond the contract in ``test_event_bus.py``."""

import pytest

from snippets.event_driven.nats_dead_letters import NatsDeadLetters
from tests.snippets.event_driven.buses import PLACED, OnNats, Received, opened


@pytest.fixture
async def letters(nats_url):
    async with opened(OnNats, nats_url) as buses:
        await buses.connect()  # which creates the streams
        yield buses


async def test_letters_of_other_consumers_stay(letters):
    jetstream = (await letters.client()).jetstream()
    subject = f"{letters.name}-dead.mail"
    await jetstream.publish(subject, b"not an event")

    stock: NatsDeadLetters = await letters.dead_letters("stock")
    assert await stock.replay({PLACED}, Received()) == 0
    assert (await jetstream.stream_info(f"{letters.name}-dead")).state.messages


async def test_a_letter_without_text_stays(letters):
    jetstream = (await letters.client()).jetstream()
    await jetstream.publish(f"{letters.name}-dead.stock", b"")

    stock = await letters.dead_letters("stock")
    assert await stock.replay({PLACED}, Received()) == 0
