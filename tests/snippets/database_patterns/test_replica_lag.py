"""Replica lag: wait for the slowest, not for who is gone."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.database_patterns import replica_lag
from snippets.database_patterns.replica_lag import until_replicas_follow

SECOND, SOON = timedelta(seconds=1), timedelta(milliseconds=1)


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize("within", [SECOND, timedelta(0)])
async def test_without_a_replica_it_does_not_wait(engine, within):
    async with asyncio.timeout(60):
        await until_replicas_follow(engine, within)


async def test_it_waits_until_the_slowest_has_followed(engine, monkeypatch):
    async with engine.begin() as connection:
        await connection.execute(
            text("create table replicas (replay_lag interval)")
        )
        await connection.execute(
            text(
                "insert into replicas values"
                " (interval '1.5 s'), (interval '0 s'), (null)"
            )
        )
    asked = []

    query = str(replica_lag.LAG).replace("pg_stat_replication", "replicas")
    monkeypatch.setattr(replica_lag, "LAG", text(query))

    async def pass_by(seconds):
        asked.append(seconds)
        async with engine.begin() as connection:
            await connection.execute(
                text(
                    "update replicas set"
                    " replay_lag = replay_lag - interval '0.5 s'"
                )
            )

    monkeypatch.setattr(replica_lag.asyncio, "sleep", pass_by)
    await until_replicas_follow(engine, SECOND, SOON)
    assert asked == [0.001]  # 1.5 s, then 1 s
