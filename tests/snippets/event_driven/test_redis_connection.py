"""A connection to Redis: each command once, in bounded time, no eviction."""

import asyncio
from contextlib import suppress

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from snippets.event_driven import redis_connection, redis_connection_broken
from snippets.event_driven.event_bus import EventNotPublishedError
from snippets.event_driven.redis_connection import (
    connect_redis,
    refuse_eviction,
)
from snippets.event_driven.redis_stream_bus import RedisStreamBus
from tests.snippets.event_driven.buses import QUICK, an_event
from tests.support.proxy import Proxy
from tests.support.servers import Servers
from tests.support.twins import fix_and_twin


class LosesOneReply(Proxy):
    """Hands on ``command``, and cuts the connection instead of the answer."""

    def __init__(self, url, command):
        super().__init__(url)
        self._command = command
        self._stage = "waits"

    async def _pump(self, reader, writer):
        while data := await reader.read(65536):
            if self._stage == "asked":
                self._stage = "lost"
                self.cut()
                return
            if self._stage == "waits" and self._command in data:
                self._stage = "asked"
            writer.write(data)


@fix_and_twin(
    "connection",
    redis_connection,
    redis_connection_broken,
    "The reply to XADD gets lost, and one order is in the stream twice.",
)
async def test_a_lost_reply_publishes_once(redis_url, connection):
    async with (
        LosesOneReply(redis_url, b"XADD") as proxy,
        connection.connect_redis(proxy.url) as client,
    ):
        with suppress(EventNotPublishedError):  # then the relay tries again
            bus = RedisStreamBus(client, "shop", "worker-1", QUICK)
            await bus.publish(an_event())

        assert await client.xlen("shop") == 1


@pytest.mark.parametrize(
    "connection", [redis_connection, redis_connection_broken]
)
async def test_with_a_good_connection_both_publish(redis_url, connection):
    async with connection.connect_redis(redis_url) as client:
        await RedisStreamBus(client, "shop", "one", QUICK).publish(an_event())

        assert await client.xlen("shop") == 1


async def test_a_server_that_says_nothing_is_asked_once():
    asked, hold = [], asyncio.Event()

    async def say_nothing(reader, writer):
        asked.append(await reader.read(1))
        await hold.wait()
        writer.close()

    async with await asyncio.start_server(
        say_nothing, "127.0.0.1", 0
    ) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect_redis(f"redis://127.0.0.1:{port}") as client:
            with pytest.raises(RedisTimeoutError):
                await client.ping()
        hold.set()

    assert len(asked) == 1


async def test_more_commands_than_connections_wait_for_one(redis_url):
    async with connect_redis(redis_url) as client:
        await asyncio.gather(*(client.incr("count") for _ in range(300)))

        assert await client.get("count") == "300"
        assert client.connection_pool.max_connections == 50


async def test_bytes_of_no_alphabet_survive(redis_url):
    async with connect_redis(redis_url) as client:
        await client.set("key", b"\xff\xfe")
        await client.set("copy", await client.get("key"))

        assert (await client.get("copy")).encode(
            errors="surrogateescape"
        ) == b"\xff\xfe"


async def test_where_nobody_listens_it_is_an_error_at_once(unused_tcp_port):
    async with connect_redis(f"redis://127.0.0.1:{unused_tcp_port}") as client:
        with pytest.raises(RedisConnectionError):
            await client.ping()


@pytest.fixture
def own_redis_url(monkeypatch):
    """A server of one's own, whose settings may be changed."""
    monkeypatch.delenv("REDIS_URL", raising=False)
    servers = Servers()
    servers.start("redis")
    servers.wait("redis")
    if "redis" in servers.absent:
        pytest.skip(servers.absent["redis"])
    yield servers.urls["redis"]
    servers.stop()


@pytest.mark.parametrize(
    "policy", ["allkeys-lru", "allkeys-lfu", "allkeys-random"]
)
async def test_a_server_that_evicts_streams_is_refused(own_redis_url, policy):
    async with connect_redis(own_redis_url) as client:
        await client.config_set("maxmemory-policy", policy)

        with pytest.raises(ValueError, match=f"maxmemory-policy is {policy}"):
            await refuse_eviction(client)


@pytest.mark.parametrize("policy", ["noeviction", "volatile-lru"])
async def test_one_that_evicts_none_or_what_expires_is_not(
    own_redis_url, policy
):
    async with connect_redis(own_redis_url) as client:
        await client.config_set("maxmemory-policy", policy)

        await refuse_eviction(client)


async def test_what_it_is_refused_for(own_redis_url):
    """200 confirmed events go, since a cache was filled beside them."""
    async with connect_redis(own_redis_url) as client:
        bus = RedisStreamBus(client, "shop", "worker-1", QUICK)
        for _ in range(200):
            await bus.publish(an_event())
        used = (await client.info("memory"))["used_memory"]
        await client.config_set("maxmemory", used + 2**20)
        await client.config_set("maxmemory-policy", "allkeys-lru")
        page = 0
        while await client.xlen("shop"):
            await client.set(f"page:{page}", "x" * 10_000)
            page += 1

        assert not await client.exists("shop")
