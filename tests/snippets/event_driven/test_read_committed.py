"""A transaction at READ COMMITTED, on engines of every level."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.outbox import OutboxRow, append
from snippets.event_driven.read_committed import read_committed
from tests.support.databases import LEVELS


async def add(session, name):
    await append(session, EventEnvelope(type=name, subject="a", data={}))


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
async def test_the_engine_keeps_the_level_it_has(at_level, level):
    isolated = at_level(level)
    isolation = text("select current_setting('transaction_isolation')")
    async with read_committed(isolated) as session:
        assert await session.scalar(isolation) == "read committed"
    async with AsyncSession(isolated) as session:
        assert await session.scalar(isolation) == level.lower()


@pytest.mark.parametrize("level", ["READ COMMITTED", *LEVELS])
async def test_an_error_at_read_committed_leaves_nothing(
    engine, at_level, level
):
    async def add_and_fail():
        async with read_committed(at_level(level)) as session:
            await add(session, "a1")
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        await add_and_fail()
    async with read_committed(at_level(level)) as session:
        await add(session, "a2")

    async with AsyncSession(engine) as session:
        (row,) = await session.scalars(select(OutboxRow))
    assert row.event.type == "a2"
