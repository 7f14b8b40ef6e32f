"""A connection to Redis or Valkey whose time-outs and retries are written down.

redis-py (8.1) has other defaults for `Redis(…)` than for `Redis.from_url(…)`:
ten retries or none.
"""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def connect_redis(url: str) -> Redis:
    """A client that sends each command once.

    When the reply gets lost, the command may have been executed: sent again,
    `XADD` adds twice. So it raises, and the caller knows what to do.

    A command waits 2 s at most for one of 50 connections, 2 s to connect, and
    3 s for each reply. Bytes that are not UTF-8 survive reading and writing.
    """
    return Redis.from_pool(
        BlockingConnectionPool.from_url(
            url,
            decode_responses=True,
            encoding_errors="surrogateescape",
            max_connections=50,
            timeout=2,
            socket_connect_timeout=2,
            socket_timeout=3,
            retry=Retry(NoBackoff(), 0),
        )
    )


async def refuse_eviction(redis: Redis) -> None:
    """Raise `ValueError` if the server deletes streams when memory is short.

    With a ``maxmemory-policy`` of ``allkeys-…`` it evicts a stream, consumer
    groups and all, in silence: events that were confirmed are gone.
    """
    policy = (await redis.info("memory"))["maxmemory_policy"]
    if policy.startswith("allkeys"):
        raise ValueError(f"Redis evicts streams: maxmemory-policy is {policy}")
