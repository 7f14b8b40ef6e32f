"""Consumer groups: new entries first come, left ones are taken over."""

import pytest

from snippets.event_driven.redelivery_policy import RedeliveryPolicy
from snippets.event_driven.redis_connection import connect_redis
from snippets.event_driven.redis_stream_group import Entry, RedisStreamGroup

POLICY = RedeliveryPolicy(max_deliveries=3, first_delay=10, timeout=60)


@pytest.fixture
async def redis(redis_url):
    async with connect_redis(redis_url) as client:
        yield client


@pytest.fixture
async def groups(redis):
    groups = [
        RedisStreamGroup(redis, "shop", "stock", worker, POLICY)
        for worker in ("one", "other")
    ]
    for group in groups:
        await group.create(replay=False)
    return groups


async def age(redis, entry, milliseconds):
    """As if its worker had taken it so long ago."""
    await redis.xclaim(
        "shop",
        "stock",
        "one",
        0,
        [entry.id],
        idle=milliseconds,
        justid=True,
    )


async def idle_time(redis):
    (pending,) = await redis.xpending_range("shop", "stock", "-", "+", 1)
    return pending["time_since_delivered"]


async def test_an_entry_goes_to_one_worker(redis, groups):
    one, other = groups
    await redis.xadd("shop", {"event": "first"})
    await redis.xadd("shop", {"event": "second"})

    first, second = await one.next(), await other.next()

    assert (first.fields, first.delivery) == ({"event": "first"}, 1)
    assert (second.fields, second.delivery) == ({"event": "second"}, 1)


async def test_what_a_dead_worker_left_is_taken_over_after_the_timeout(
    redis, groups
):
    one, other = groups
    await redis.xadd("shop", {"event": "first"})
    left = await one.next()
    await age(redis, left, 60_000)

    taken = await other.next()

    assert (taken.id, taken.delivery) == (left.id, 2)


async def test_a_failed_entry_is_due_after_the_delay_and_not_counted_twice(
    redis, groups
):
    one, _ = groups
    await redis.xadd("shop", {"event": "first"})
    await one.retry_later(await one.next())

    assert 50_000 <= await idle_time(redis) < 60_000
    (pending,) = await redis.xpending_range("shop", "stock", "-", "+", 1)
    assert pending["times_delivered"] == 1


async def test_three_thousand_entries_in_hand_do_not_hide_one_that_is_due(
    redis, groups
):
    _, other = groups
    async with redis.pipeline() as many:
        for number in range(3_000):
            many.xadd("shop", {"event": str(number)})
        await many.execute()
    await redis.xreadgroup("stock", "one", {"shop": ">"}, count=3_000)
    (last,) = await redis.xrevrange("shop", count=1)
    await age(redis, Entry(*last, 1), 60_000)

    assert (await other.next()).id == last[0]


async def test_an_entry_that_was_deleted_while_in_hand_is_passed_over(
    redis, groups
):
    one, other = groups
    await redis.xadd("shop", {"event": "first"})
    await redis.xadd("shop", {"event": "second"})
    first, second = await one.next(), await one.next()
    for entry in (first, second):
        await age(redis, entry, 60_000)
    await redis.xdel("shop", first.id)

    assert (await other.next()).id == second.id
    assert (await redis.xpending("shop", "stock"))["pending"] == 1


async def test_burying_moves_it(redis, groups):
    one, _ = groups
    await redis.xadd("shop", {"event": "first"})

    await one.bury(await one.next())

    ((_, fields),) = await redis.xrange("shop:dead:stock")
    assert fields == {"event": "first"}
    assert (await redis.xpending("shop", "stock"))["pending"] == 0
