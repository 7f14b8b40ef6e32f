"""Redis: what replay does beyond the contract in ``test_event_bus.py``."""

import pytest

from snippets.event_driven.redis_connection import connect_redis
from snippets.event_driven.redis_dead_letters import RedisDeadLetters
from tests.snippets.event_driven.buses import PLACED, Received, an_event


@pytest.fixture
async def redis(redis_url):
    async with connect_redis(redis_url) as client:
        yield client


async def test_letters_that_cannot_be_read_stay_and_hide_no_other(redis):
    event, stock = an_event(), Received()
    for fields in (
        {"anything": "else"},
        {"event": b"\xff"},
        {"type": PLACED, "event": event.to_json()},
    ):
        await redis.xadd("shop:dead:stock", fields)

    letters = RedisDeadLetters(redis, "shop", "stock")
    assert await letters.replay({PLACED}, stock) == 1
    assert stock.events == [event]
    assert await redis.xlen("shop:dead:stock") == 2
