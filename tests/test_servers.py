import asyncio

import nats
import psycopg
import redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


def test_postgres(postgres_url):
    with psycopg.connect(postgres_url) as c:
        assert c.execute("select upper('ñ')").fetchone() == ("Ñ",)


async def test_asyncpg(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.connect() as c:
        assert (await c.execute(text("select 1"))).scalar() == 1
    await engine.dispose()


def test_redis(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()


async def test_nats(nats_url):
    client = await nats.connect(nats_url)
    js = client.jetstream()
    await js.account_info()
    await client.close()
