"""Scheduled run: once a day, by whichever process."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.database_patterns import scheduled_run, scheduled_run_broken
from snippets.database_patterns.models import BuyerRow
from snippets.database_patterns.scheduled_run import run_daily
from tests.support.twins import fix_and_twin

TODAY = date(2026, 11, 27)
TWICE = (
    "Two processes whose clocks differ by a second send each reminder twice."
)


async def remind(session):
    session.add(BuyerRow(email="ann@example.com", name="Ann"))


class Reminders:
    """Counts how often buyers were reminded."""

    sent = 0

    async def __call__(self, session):
        self.sent += 1


@fix_and_twin(
    "run_daily",
    scheduled_run.run_daily,
    scheduled_run_broken.run_daily,
    TWICE,
)
async def test_a_process_that_is_late_does_not_run_again(engine, run_daily):
    reminders = Reminders()
    for _ in range(2):
        await run_daily(engine, "remind", TODAY, reminders)
    assert reminders.sent == 1


@pytest.mark.parametrize("module", [scheduled_run, scheduled_run_broken])
async def test_at_the_same_moment_one_runs(engine, module):
    inside, go = asyncio.Event(), asyncio.Event()

    async def wait(session):
        inside.set()
        await go.wait()

    first = asyncio.create_task(module.run_daily(engine, "remind", TODAY, wait))
    await inside.wait()
    reminders = Reminders()
    assert not await module.run_daily(engine, "remind", TODAY, reminders)
    assert reminders.sent == 0
    go.set()
    assert await first


async def test_each_task_runs_on_each_day(engine):
    tomorrow = date(2026, 11, 28)
    for task, day in (("a", TODAY), ("b", TODAY), ("a", tomorrow)):
        assert await run_daily(engine, task, day, Reminders())
        assert not await run_daily(engine, task, day, Reminders())


async def test_what_has_failed_is_tried_again(engine):
    async def fails(session):
        await remind(session)
        await session.flush()
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await run_daily(engine, "remind", TODAY, fails)
    assert await run_daily(engine, "remind", TODAY, remind)
    async with engine.connect() as connection:
        rows = await connection.scalar(text("select count(*) from buyers"))
    assert rows == 1


async def test_many_processes_run_it_once(asyncpg_url, engine):
    engines = [create_async_engine(asyncpg_url) for _ in range(4)]
    reminders = Reminders()
    ran = await asyncio.gather(
        *(run_daily(each, "remind", TODAY, reminders) for each in engines * 3)
    )
    for each in engines:
        await each.dispose()
    assert (ran.count(True), reminders.sent) == (1, 1)
