"""Trimming: old entries go, unless a consumer has not handled them."""

from datetime import UTC, datetime, timedelta

import pytest

from snippets.event_driven import redis_stream_trim, redis_stream_trim_broken
from snippets.event_driven.redelivery_policy import RedeliveryPolicy
from snippets.event_driven.redis_connection import connect_redis
from snippets.event_driven.redis_stream_group import RedisStreamGroup
from snippets.event_driven.redis_stream_trim import trim_stream
from tests.support.twins import fix_and_twin

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
async def redis(redis_url):
    async with connect_redis(redis_url) as client:
        yield client


async def add(redis, day):
    time = NOW + timedelta(days=day)
    await redis.xadd("shop", {"day": day}, id=f"{int(time.timestamp())}000-0")


async def days(redis):
    return [int(each["day"]) for _, each in await redis.xrange("shop")]


async def group(redis, name):
    group = RedisStreamGroup(redis, "shop", name, "one", RedeliveryPolicy())
    await group.create(replay=True)
    return group


async def handle(group, count):
    for _ in range(count):
        await group.acknowledge(await group.next())


@fix_and_twin(
    "trim",
    redis_stream_trim,
    redis_stream_trim_broken,
    "After a night in which the consumer was down, the "
    "oldest orders are never shipped.",
)
async def test_what_a_consumer_has_not_read_is_kept(redis, trim):
    await group(redis, "stock")
    for day in range(1, 5):
        await add(redis, day)

    await trim.trim_stream(redis, "shop", NOW + timedelta(days=9))

    assert await days(redis) == [1, 2, 3, 4]


@pytest.mark.parametrize("trim", [redis_stream_trim, redis_stream_trim_broken])
async def test_when_all_is_handled_both_trim(redis, trim):
    stock = await group(redis, "stock")
    for day in range(1, 5):
        await add(redis, day)
    await handle(stock, 4)

    assert await trim.trim_stream(redis, "shop", NOW + timedelta(days=3)) == 2
    assert await days(redis) == [3, 4]


async def test_what_is_in_hand_is_kept(redis):
    stock = await group(redis, "stock")
    for day in range(1, 5):
        await add(redis, day)
    await handle(stock, 1)
    await stock.next()
    await handle(stock, 2)

    assert await trim_stream(redis, "shop", NOW + timedelta(days=9)) == 1
    assert await days(redis) == [2, 3, 4]


async def test_the_slowest_consumer_decides(redis):
    stock, mail = await group(redis, "stock"), await group(redis, "mail")
    for day in range(1, 5):
        await add(redis, day)
    await handle(stock, 4)
    await handle(mail, 2)

    await trim_stream(redis, "shop", NOW + timedelta(days=9))

    assert await days(redis) == [2, 3, 4]


async def test_a_time_without_a_zone_deletes_nothing(redis):
    await add(redis, 1)
    with pytest.raises(ValueError, match="no time zone"):
        await trim_stream(redis, "shop", datetime(2027, 1, 1))  # noqa: DTZ001 - naive
    assert await days(redis) == [1]
