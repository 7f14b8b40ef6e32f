"""Claims: one relay has a line, until it says so or is no more."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.outbox import append
from snippets.event_driven.outbox_claims import claims
from tests.support.databases import LEVELS
from tests.support.until import async_until

MINUTE = timedelta(minutes=1)


@pytest.fixture
def add(engine):
    """Commits events, one a transaction: ``await add("a1", "b1", "a2")``."""

    async def add(*names):
        for name in names:
            async with AsyncSession(engine) as session, session.begin():
                await append(
                    session,
                    EventEnvelope(type=name, subject=name[0], data={}),
                )

    return add


def types(lines):
    return {
        line.subject: [row.event.type for row in line.rows] for line in lines
    }


def all_published(lines):
    for line in lines:
        line.published = [row.position for row in line.rows]
    return lines


async def test_first_events_come_before_second_ones(engine, add):
    await add("a1", "a2", "a3", "b1", "c1")
    async with claims(engine, MINUTE) as mine:
        assert types(await mine.take(4)) == {
            "a": ["a1", "a2"],
            "b": ["b1"],
            "c": ["c1"],
        }


async def test_a_line_has_one_relay_at_a_time(engine, add):
    await add("a1", "b1")
    async with claims(engine, MINUTE) as mine, claims(engine, MINUTE) as theirs:
        assert types(await mine.take(1)) == {"a": ["a1"]}
        assert types(await theirs.take(9)) == {"b": ["b1"]}
        await add("a2", "b2", "c1")
        assert types(await mine.take(9)) == {"c": ["c1"]}
        assert types(await theirs.take(9)) == {}


@pytest.mark.parametrize("level", LEVELS)
async def test_a_line_has_one_relay_whatever_the_engines_level_is(
    add, at_level, level
):
    other = at_level(level)
    await add("a1", "b1")
    async with claims(other, MINUTE) as mine, claims(other, MINUTE) as theirs:
        lines = await mine.take(1)
        assert types(lines) == {"a": ["a1"]}
        assert types(await theirs.take(9)) == {"b": ["b1"]}
        await mine.settle(all_published(lines))
        await add("a2")
        assert types(await theirs.take(9)) == {"a": ["a2"]}


async def test_a_line_that_is_settled_is_free_for_its_next_event(engine, add):
    await add("a1")
    async with claims(engine, MINUTE) as mine, claims(engine, MINUTE) as theirs:
        lines = await mine.take(9)
        await add("a2")
        await mine.settle(all_published(lines))
        assert types(await theirs.take(9)) == {"a": ["a2"]}


async def test_claims_end_with_the_block(engine, add):
    await add("a1")
    async with claims(engine, MINUTE) as mine:
        await mine.take(9)
    async with claims(engine, MINUTE) as theirs:
        assert types(await theirs.take(9)) == {"a": ["a1"]}


async def test_a_relay_that_was_overtaken_lets_go_of_nothing(engine, add):
    """It lost its connection meanwhile; what it has published is noted."""
    await add("a1")
    async with claims(engine, MINUTE) as mine:
        lines = await mine.take(9)
    async with claims(engine, MINUTE) as theirs:
        await theirs.take(9)
        await mine.settle(all_published(lines))
        await add("a2")
        async with claims(engine, MINUTE) as others:
            assert types(await others.take(9)) == {}


async def test_whoever_is_silent_for_too_long_has_claimed_nothing(engine, add):
    """A process that hangs, or lies behind a cut cable, holds up no line."""
    await add("a1")
    async with claims(engine, MINUTE) as mine, claims(engine, MINUTE) as theirs:
        setting = "idle_in_transaction_session_timeout"
        limit = await mine._alive.scalar(text(f"show {setting}"))
        await mine.take(9)
        await mine._alive.execute(text(f"set local {setting} = 1"))
        lines = await async_until(lambda: theirs.take(9))

    assert types(lines) == {"a": ["a1"]}
    assert limit == "1min"


async def test_two_that_claim_at_once_share(engine, add):
    await add("a1", "b1")
    async with claims(engine, MINUTE) as mine, claims(engine, MINUTE) as theirs:
        async with engine.connect() as connection:  # holds the first line
            await connection.execute(
                text("insert into outbox_line values ('a', null, 0, now())")
            )
            both = asyncio.gather(mine.take(9), theirs.take(9))
            await async_until(lambda: waiting(engine, 2))
            await connection.rollback()
        first, second = await both

    assert sorted([*types(first), *types(second)]) == ["a", "b"]


async def waiting(engine, count):
    query = text(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    async with engine.connect() as connection:
        return await connection.scalar(query) == count
