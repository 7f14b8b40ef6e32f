"""Recovery: a cache that fails costs time, not the answer. On real Valkey."""

import asyncio
import logging
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from snippets.code_style.error_recovery import ValkeyPrices, price_of
from snippets.code_style.errors import CacheError

LATE = timedelta(seconds=50)


async def from_the_database(_):
    return 1999


async def never(_):
    raise AssertionError("the source was asked")


async def test_a_remembered_price_is_not_loaded(redis_url):
    async with Redis.from_url(redis_url) as redis:
        await redis.set("price:TEA", 499)
        assert await price_of("TEA", ValkeyPrices(redis, LATE), never) == 499


async def test_a_remembered_price_of_nothing_is_a_price(redis_url):
    async with Redis.from_url(redis_url) as redis:
        await redis.set("price:GIFT", 0)
        assert await price_of("GIFT", ValkeyPrices(redis, LATE), never) == 0


async def test_an_unknown_price_is_loaded(redis_url):
    async with Redis.from_url(redis_url) as redis:
        prices = ValkeyPrices(redis, LATE)
        assert await price_of("TEA", prices, from_the_database) == 1999


async def test_a_cache_that_is_down_is_passed_by_and_logged(nobody, caplog):
    once = Retry(NoBackoff(), 0)
    async with Redis(host="127.0.0.1", port=nobody, retry=once) as redis:
        prices = ValkeyPrices(redis, LATE)
        assert await price_of("TEA", prices, from_the_database) == 1999

    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert isinstance(record.exc_info[1], CacheError)
    assert isinstance(record.exc_info[1].__cause__, RedisConnectionError)


async def test_a_cache_that_hangs_is_passed_by_in_time(monkeypatch):
    timeout, deadlines = asyncio.timeout, []

    def noted_timeout(seconds):
        deadlines.append((seconds, timeout(seconds)))
        return deadlines[-1][1]

    async def hang(reader, writer):
        await reader.read(1)
        seconds, deadline = deadlines.pop()
        assert seconds == LATE.total_seconds()
        deadline.reschedule(0)  # they have passed
        await reader.read()  # until the client hangs up
        writer.close()

    monkeypatch.setattr(asyncio, "timeout", noted_timeout)

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Redis(host="127.0.0.1", port=port) as redis:
        prices = ValkeyPrices(redis, LATE)
        with pytest.raises(CacheError) as caught:
            await prices.get("TEA")
        assert await price_of("TEA", prices, from_the_database) == 1999

    assert type(caught.value.__cause__) is TimeoutError


async def test_an_answer_at_once_is_in_time_by_default():
    class Remembers:
        async def get(self, _):
            await asyncio.sleep(0)
            return b"499"

    assert await price_of("TEA", ValkeyPrices(Remembers()), never) == 499


def test_by_default_redis_py_tries_eleven_times_for_five_seconds_each():
    options = Redis().connection_pool.connection_kwargs
    assert options["socket_timeout"] == 5
    assert options["retry"].get_retries() == 10


async def test_the_adapter_itself_does_not_hide_the_failure(redis_url):
    async with Redis.from_url(redis_url) as redis:
        await redis.lpush("price:TEA", 1)
        with pytest.raises(CacheError) as caught:
            await ValkeyPrices(redis, LATE).get("TEA")

    assert caught.value.context == {"sku": "TEA"}
    assert isinstance(caught.value.__cause__, ResponseError)


@pytest.mark.parametrize("decode", [False, True])
async def test_a_price_is_read_whether_the_client_decodes_or_not(
    redis_url, decode
):
    async with Redis.from_url(redis_url, decode_responses=decode) as redis:
        await redis.set("price:TEA", 499)
        assert await ValkeyPrices(redis, LATE).get("TEA") == 499


@pytest.mark.parametrize(
    "value",
    [
        *["19.99", "-499", "+499", "4_99", " 499", "499\n", "", "4e2", "NaN"],
        *["\u0664\u0669\u0669", "\u00b2", b"\xff", "9" * 5000],
    ],
)
async def test_a_price_in_another_release_s_format_is_no_price(
    redis_url, value
):
    async with Redis.from_url(redis_url) as redis:
        await redis.set("price:TEA", value)
        prices = ValkeyPrices(redis, LATE)
        assert await price_of("TEA", prices, from_the_database) == 1999


async def test_an_error_of_the_source_is_raised(redis_url):
    async with Redis.from_url(redis_url) as redis:
        with pytest.raises(AssertionError, match="the source"):
            await price_of("TEA", ValkeyPrices(redis, LATE), never)
