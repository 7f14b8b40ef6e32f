"""Broken: bounds the stream by length, whoever has read it."""

from datetime import datetime

from redis.asyncio import Redis


async def trim_stream(redis: Redis, stream: str, before: datetime) -> int:
    return int(await redis.xtrim(stream, maxlen=2, approximate=False))
