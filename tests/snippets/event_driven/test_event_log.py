"""Event log: complete and in order, whichever transaction commits first."""

import asyncio
from dataclasses import FrozenInstanceError

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.event_driven import event_log, event_log_broken
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.event_log import LogPosition, number_committed
from snippets.event_driven.outbox import OutboxRow, append
from tests.support.databases import LEVELS
from tests.support.twins import fix_and_twin

either = fix_and_twin(
    "module",
    event_log,
    event_log_broken,
    "An order that was placed in a slow transaction is "
    "missing from the sales figures, for good.",
)


class Reader:
    """Reads on from where it stopped."""

    def __init__(self, engine, module):
        self._engine, self._module = engine, module
        self._after = LogPosition()
        self.read = []

    async def read_on(self, limit=100):
        await number_committed(self._engine)
        async with AsyncSession(self._engine) as session:
            events = await self._module.read_log(session, self._after, limit)
        for self._after, row in events:
            self.read.append(row.event.type)


async def add(session, *names):
    for name in names:
        await append(
            session, EventEnvelope(type=name, subject=name[0], data={})
        )


@either
async def test_a_transaction_that_commits_late_is_not_missed(engine, module):
    reader = Reader(engine, module)
    async with AsyncSession(engine) as slow, slow.begin():
        await add(slow, "a1")
        async with AsyncSession(engine) as quick, quick.begin():
            await add(quick, "b1")
        await reader.read_on()
    await reader.read_on()

    assert reader.read == ["b1", "a1"]


async def test_who_starts_late_reads_in_the_order_that_stands(engine):
    async with AsyncSession(engine) as slow, slow.begin():
        await add(slow, "a1")
        async with AsyncSession(engine) as quick, quick.begin():
            await add(quick, "b1", "c1")
        await number_committed(engine)
        async with AsyncSession(engine) as session, session.begin():
            published = update(OutboxRow).values(published_at=func.now())
            await session.execute(published.where(OutboxRow.subject == "b"))
    late = Reader(engine, event_log)
    await late.read_on()

    assert late.read == ["b1", "c1", "a1"]


@pytest.mark.parametrize("level", LEVELS)
async def test_who_waited_to_number_numbers_what_came_meanwhile(
    engine, until_somebody_waits, at_level, level
):
    """Whatever isolation level is the engine's, and however it was set."""
    numbering = select(func.pg_advisory_xact_lock(event_log.NUMBERING))
    async with AsyncSession(engine) as first, first.begin():
        await first.execute(numbering)
        waiting = asyncio.create_task(number_committed(at_level(level)))
        await until_somebody_waits()
        async with AsyncSession(engine) as session, session.begin():
            await add(session, "a1")
    await waiting

    async with AsyncSession(engine) as session:
        ((_, row),) = await event_log.read_log(session, LogPosition())
    assert row.event.type == "a1"


def test_a_position_compares_by_batch_first_and_stays():
    assert LogPosition() == LogPosition(0, 0) < LogPosition(1, 2)
    assert LogPosition(1, 2) < LogPosition(2, 1)
    with pytest.raises(FrozenInstanceError):
        LogPosition().batch = 7


@pytest.mark.parametrize("module", [event_log, event_log_broken])
async def test_one_transaction_after_the_other_is_read_in_order(engine, module):
    reader = Reader(engine, module)
    for names in (["a1", "b1"], ["a2"]):
        async with AsyncSession(engine) as session, session.begin():
            await add(session, *names)
    for _ in range(4):
        await reader.read_on(limit=1)

    assert reader.read == ["a1", "b1", "a2"]


async def test_the_order_within_a_subject_holds_against_transaction_ids(engine):
    """The second to append may have begun to write first."""
    reader = Reader(engine, event_log)
    async with AsyncSession(engine) as older, older.begin():
        await add(older, "x1")
        async with AsyncSession(engine) as session, session.begin():
            await add(session, "a1")
        await add(older, "a2")
    await reader.read_on()

    assert [name for name in reader.read if name != "x1"] == ["a1", "a2"]


async def test_readers_number_one_at_a_time(engine):
    reader, other = Reader(engine, event_log), Reader(engine, event_log)
    for name in ("a1", "a2", "a3"):
        async with AsyncSession(engine) as session, session.begin():
            await add(session, name)
        await asyncio.gather(reader.read_on(), other.read_on())

    assert reader.read == other.read == ["a1", "a2", "a3"]
