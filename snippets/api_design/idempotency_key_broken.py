"""Broken: get, run, set. And whose answer it is, the key does not say."""

import json

from redis.asyncio import Redis

from .keyed_request import Answer, KeyedRequest

DAY = 24 * 60 * 60  # seconds


class CachedAnswers:
    def __init__(self, cache: Redis) -> None:
        self._cache = cache

    async def find(self, request: KeyedRequest) -> Answer | None:
        cached = await self._cache.get(f"{request.operation}:{request.key}")
        if cached is None:
            return None
        status, headers, body = json.loads(cached)
        return Answer(status, headers, body.encode(), replayed=True)

    async def add(self, request: KeyedRequest, answer: Answer) -> None:
        value = [answer.status, dict(answer.headers), answer.body.decode()]
        await self._cache.set(
            f"{request.operation}:{request.key}", json.dumps(value), ex=DAY
        )
