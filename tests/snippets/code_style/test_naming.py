"""Names and units: a hold lasts as long as it was meant to, on real Valkey."""

import pytest
from redis.asyncio import Redis

from snippets.code_style import naming, naming_broken
from tests.support.twins import fix_and_twin

either = fix_and_twin(
    "module",
    naming,
    naming_broken,
    "Units held for 15 minutes are back on sale after 15 seconds",
)


@either
async def test_a_hold_lasts_fifteen_minutes(module, redis_url):
    async with Redis.from_url(redis_url) as redis:
        await module.StockHolds(redis).place("SKU-1", "ada", 2)
        seconds_left = await redis.ttl("hold:SKU-1:ada")

    assert 14 * 60 < seconds_left <= 15 * 60


@pytest.mark.parametrize("module", [naming, naming_broken])
async def test_only_the_one_who_placed_it_has_it(module, redis_url):
    async with Redis.from_url(redis_url) as redis:
        holds = module.StockHolds(redis)
        await holds.place("SKU-1", "ada", 2)

        assert await holds.is_held("SKU-1", "ada")
        assert not await holds.is_held("SKU-1", "bob")


def test_a_bare_number_is_refused_by_mypy(mypy):
    (finding,) = mypy(
        "from redis.asyncio import Redis\n"
        "from snippets.code_style.naming import StockHolds\n"
        "def holds(redis: Redis) -> StockHolds:\n"
        "    return StockHolds(redis, 15)\n"
    )
    assert 'expected "timedelta"' in finding
