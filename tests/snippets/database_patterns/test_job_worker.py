"""A worker: effects once, retries, jobs that kill, processes killed."""

import asyncio
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.architecture_patterns.read_committed import read_committed
from snippets.code_style.errors import NotFoundError
from snippets.database_patterns import job_worker
from snippets.database_patterns.job_worker import JobWorker
from snippets.database_patterns.jobs import (
    JobRow,
    JobStatus,
    cancel_job,
    enqueue_job,
)
from snippets.database_patterns.models import BuyerRow
from snippets.database_patterns.skip_locked_queue import claim_job
from tests.snippets.database_patterns import job_worker_process
from tests.support.databases import LEVELS
from tests.support.process import running
from tests.support.until import async_until

NOW = timedelta(0)


async def greet(session, job):
    session.add(BuyerRow(email=job.payload["email"], name="Ann"))
    return {"greeted": 1}


@pytest.fixture
def add(engine):
    async def add(number=1):
        async with AsyncSession(engine) as session, session.begin():
            payload = {"number": number, "email": f"{number}@example.com"}
            return await enqueue_job(session, "greet", payload)

    return add


@pytest.fixture
def state(engine):
    """Of the only job, and how many buyers were greeted."""

    async def state():
        async with AsyncSession(engine) as session:
            job = (await session.scalars(select(JobRow))).one()
            buyers = (await session.scalars(select(BuyerRow.id))).all()
        return job.status, job.attempts, len(buyers), job.error

    return state


async def end_lease(engine, job_id):
    async with AsyncSession(engine) as session, session.begin():
        job = await session.get_one(JobRow, job_id)
        job.run_at = job.created_at


def worker(engine, handler=greet, **settings):
    return JobWorker(engine, {"greet": handler}, delay=NOW, **settings)


@pytest.mark.parametrize("level", ["READ COMMITTED", *LEVELS])
async def test_a_job_has_its_effect_and_its_result(
    engine, at_level, add, level
):
    job_id = await add()
    at_work = worker(at_level(level))
    assert await at_work.run_once()
    assert not await at_work.run_once()

    async with AsyncSession(engine) as session:
        job = await session.get_one(JobRow, job_id)
        assert (job.status, job.result) == ("succeeded", {"greeted": 1})
        assert len((await session.scalars(select(BuyerRow))).all()) == 1


async def test_a_job_that_fails_is_tried_again_and_has_one_effect(
    engine, add, state
):
    await add()
    failures = [OSError("away"), asyncio.CancelledError("somebody else's")]

    async def fails_twice(session, job):
        await greet(session, job)
        await session.flush()
        if failures:
            raise failures.pop()

    at_work = worker(engine, fails_twice)
    while await at_work.run_once():
        pass
    assert await state() == (JobStatus.SUCCEEDED, 3, 1, None)


async def test_a_job_that_always_fails_is_given_up(engine, add, state):
    await add()
    calls = 0

    async def always_fails(session, job):
        nonlocal calls
        calls += 1
        await greet(session, job)
        raise OSError("away")

    at_work = worker(engine, always_fails, attempts=3)
    while await at_work.run_once():
        pass
    assert calls == 3
    assert await state() == (JobStatus.FAILED, 3, 0, "OSError('away')")


async def test_what_the_shop_refuses_is_not_tried_again(engine, add, state):
    job_id = await add()

    async def refuses(session, job):
        await greet(session, job)
        raise NotFoundError("There is no 'a\0'")

    at_work = worker(engine, refuses)
    assert await at_work.run_once()
    assert not await at_work.run_once()
    status, attempts, greeted, _ = await state()
    assert (status, attempts, greeted) == (JobStatus.FAILED, 1, 0)
    async with AsyncSession(engine) as session:
        job = await session.get_one(JobRow, job_id)
    assert job.refusal == {
        "code": "not-found",
        "detail": r"There is no 'a\x00'",
    }


async def test_a_retry_comes_later_each_time(engine, add):
    job_id = await add()

    async def fails(session, job):
        raise OSError

    hour = timedelta(hours=1)
    at_work = JobWorker(engine, {"greet": fails}, delay=hour)
    waits = []
    for _ in range(2):
        assert await at_work.run_once()
        assert not await at_work.run_once()
        async with AsyncSession(engine) as session, session.begin():
            job = await session.get_one(JobRow, job_id)
            waits.append(job.run_at - job.created_at)
            job.run_at = job.created_at
    assert waits[0] >= hour
    assert waits[1] - waits[0] >= hour - timedelta(minutes=1)


async def test_a_job_that_kills_its_worker_is_given_up(engine, add, state):
    await add()
    for _ in range(2):
        async with read_committed(engine) as session:
            assert await claim_job(session, ["greet"], NOW)  # and is killed

    assert await worker(engine, attempts=2).run_once()

    status, attempts, greeted, error = await state()
    assert (status, attempts, greeted) == (JobStatus.FAILED, 3, 0)
    assert error.startswith("UnfinishedJobError")


@pytest.mark.parametrize(
    "slow",
    [
        lambda session, job: asyncio.Event().wait(),
        lambda session, job: session.execute(text("select pg_sleep(3600)")),
    ],
    ids=["elsewhere", "in PostgreSQL"],
)
async def test_a_job_that_takes_too_long_is_cut_off(engine, add, state, slow):
    await add()
    slow = worker(
        engine,
        slow,
        timeout=timedelta(milliseconds=50),
        attempts=1,
    )
    assert await slow.run_once()
    assert await state() == (JobStatus.FAILED, 1, 0, "TimeoutError()")


async def test_what_is_canceled_while_it_runs_leaves_no_trace(
    engine, add, state, caplog
):
    job_id = await add()

    async def canceled_meanwhile(session, job):
        await greet(session, job)
        async with AsyncSession(engine) as other, other.begin():
            assert await cancel_job(other, job_id)

    assert await worker(engine, canceled_meanwhile).run_once()
    assert await state() == (JobStatus.CANCELED, 1, 0, None)
    assert f"greet {job_id} is another's now" in caplog.text


@pytest.mark.parametrize("fails", [True, False])
async def test_of_two_who_run_one_job_the_later_claim_counts(
    engine, add, state, fails, caplog
):
    """The first lost its lease, as one does whose event loop stood still."""
    job_id = await add()

    async def overtaken(session, job):
        session.add(BuyerRow(email="late@example.com", name="Ann"))
        await end_lease(engine, job.id)
        assert await worker(engine).run_once()
        if fails:
            raise OSError

    assert await worker(engine, overtaken).run_once()
    assert await state() == (JobStatus.SUCCEEDED, 2, 1, None)
    assert f"greet {job_id} is another's now" in caplog.text
    assert (f"greet {job_id} failed" in caplog.text) == fails


async def test_a_lost_connection_is_a_failure(engine, add, state):
    await add()
    lost = [text("select pg_terminate_backend(pg_backend_pid())")]

    async def loses_it_once(session, job):
        await greet(session, job)
        await session.flush()
        if lost:
            await session.execute(lost.pop())

    at_work = worker(engine, loses_it_once)
    while await at_work.run_once():
        pass
    assert await state() == (JobStatus.SUCCEEDED, 2, 1, None)


async def test_a_handler_that_commits_is_found_out(engine, add, state):
    await add()

    async def commits(session, job):
        await greet(session, job)
        await session.commit()

    assert await worker(engine, commits, attempts=1).run_once()
    status, _, greeted, error = await state()
    assert (status, greeted) == (JobStatus.FAILED, 1)
    assert "inside context manager" in error


@pytest.mark.parametrize("result", ["a\0b", float("nan"), object()])
async def test_a_result_that_cannot_be_stored_is_a_failure(
    engine, add, state, result
):
    await add()

    async def returns(session, job):
        await greet(session, job)
        return result

    assert await worker(engine, returns, attempts=1).run_once()
    status, _, greeted, _ = await state()
    assert (status, greeted) == (JobStatus.FAILED, 0)


async def test_a_worker_that_is_stopped_leaves_its_job_to_others(
    engine, add, state
):
    await add()
    started = asyncio.Event()

    async def hangs(session, job):
        await greet(session, job)
        started.set()
        await asyncio.Event().wait()

    working = asyncio.create_task(worker(engine, hangs).run())
    await started.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert await state() == (JobStatus.RUNNING, 1, 0, None)


async def test_a_worker_rests_when_nothing_is_due(engine, add, monkeypatch):
    for number in range(2):
        await add(number)
    ran, rests = [], []

    async def notes(session, job):
        ran.append(job.payload["number"])

    async def rest(seconds):
        rests.append((seconds, len(ran)))
        raise ConnectionAbortedError

    monkeypatch.setattr(job_worker.asyncio, "sleep", rest)
    with pytest.raises(ConnectionAbortedError):
        await worker(engine, notes).run()
    assert rests == [(1.0, 2)]


async def test_a_job_has_five_attempts_a_minute_and_twice_that_of_lease(
    engine, add, state
):
    job_id = await add()
    leases = []

    async def fails(session, job):
        leases.append(job.run_at - await now(engine))
        raise OSError("away")

    waits = []
    for _ in range(5):
        await end_lease(engine, job_id)
        before = await now(engine)
        assert await JobWorker(engine, {"greet": fails}).run_once()
        after = await now(engine)
        async with AsyncSession(engine) as session:
            run_at = (await session.get_one(JobRow, job_id)).run_at
        waits.append((run_at - after, run_at - before))
    assert (await state())[:2] == (JobStatus.FAILED, 5)
    minute = timedelta(minutes=1)
    assert all(minute < lease <= 2 * minute for lease in leases)
    for attempt, (least, most) in enumerate(waits[:4], start=1):
        assert least <= timedelta(seconds=10 * attempt) <= most


async def now(engine):
    async with engine.connect() as connection:
        return await connection.scalar(text("select clock_timestamp()"))


async def test_a_worker_waits_for_jobs(engine, add, state):
    working = asyncio.create_task(worker(engine).run(poll=0.01))
    await add()

    async def succeeded():
        return (await state())[0] is JobStatus.SUCCEEDED

    await async_until(succeeded)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


def process(url, then):
    return running(
        [sys.executable, "-m", job_worker_process.__name__, url, then],
        stdout=subprocess.PIPE,
        text=True,
    )


async def test_several_processes_run_each_job_once(engine, add, asyncpg_url):
    for number in range(40):
        await add(number)
    with (
        process(asyncpg_url, "end") as one,
        process(asyncpg_url, "end") as two,
    ):
        said = [
            await asyncio.to_thread(each.communicate) for each in (one, two)
        ]

    ran = [int(line) for out, _ in said for line in out.split()]
    assert sorted(ran) == list(range(40))


async def test_the_job_of_a_worker_that_was_killed_goes_to_another(
    engine, add, state, asyncpg_url
):
    job_id = await add()
    with process(asyncpg_url, "hang") as killed:
        assert await asyncio.to_thread(killed.stdout.readline) == "1\n"
        killed.kill()
        await asyncio.to_thread(killed.wait)
    assert not await worker(engine).run_once()

    await end_lease(engine, job_id)
    assert await worker(engine).run_once()
    assert await state() == (JobStatus.SUCCEEDED, 2, 1, None)
