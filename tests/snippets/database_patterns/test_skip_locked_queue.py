"""A queue: who is given which job, when, and who may say how it went."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.architecture_patterns.read_committed import read_committed
from snippets.code_style.errors import DomainError
from snippets.database_patterns import (
    skip_locked_queue,
    skip_locked_queue_broken,
)
from snippets.database_patterns.jobs import (
    JobRow,
    JobStatus,
    cancel_job,
    enqueue_job,
)
from snippets.database_patterns.skip_locked_queue import (
    LostJobError,
    claim_job,
    fail_job,
    finish_job,
)
from tests.support.databases import LEVELS
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

LONG = timedelta(hours=1)
NOW = timedelta(0)
TWICE = "Two workers take one job, and the buyer gets the mail twice."


@pytest.fixture
def add(engine):
    """Enqueue a job of a kind; its id."""

    async def add(kind="mail", **values):
        async with AsyncSession(engine) as session, session.begin():
            job_id = await enqueue_job(session, kind, {})
            if values:
                await session.execute(
                    update(JobRow).where(JobRow.id == job_id).values(values)
                )
            return job_id

    return add


@pytest.fixture
def claimed(engine):
    """Claim, and commit."""

    async def claimed(lease=LONG, kinds=("mail",)):
        async with read_committed(engine) as session:
            return await claim_job(session, kinds, lease)

    return claimed


async def found(engine, job_id):
    async with AsyncSession(engine) as session:
        return await session.get_one(JobRow, job_id)


async def waiting_for_a_lock(engine):
    async with engine.connect() as connection:
        return await connection.scalar(
            text(
                "select count(*) from pg_stat_activity where"
                " datname = current_database() and wait_event_type = 'Lock'"
            )
        )


@fix_and_twin("queue", skip_locked_queue, skip_locked_queue_broken, TWICE)
async def test_two_workers_at_once_are_not_given_one_job(engine, add, queue):
    await add()

    async def second():
        async with read_committed(engine) as session:
            return await queue.claim_job(session, ["mail"], LONG)

    async with read_committed(engine) as session:
        first = await queue.claim_job(session, ["mail"], LONG)
        claiming = asyncio.create_task(second())
        await async_until(lambda: claiming.done() or waiting_for_a_lock(engine))

    assert first is not None
    assert await claiming is None


@pytest.mark.parametrize("queue", [skip_locked_queue, skip_locked_queue_broken])
async def test_one_after_the_other_gets_a_job_of_its_own(engine, add, queue):
    added = [await add(), await add()]

    async def claim():
        async with read_committed(engine) as session:
            return await queue.claim_job(session, ["mail"], LONG)

    jobs = [await claim(), await claim()]
    assert [job.id for job in jobs] == added
    assert [(job.status, job.attempts) for job in jobs] == [
        (JobStatus.RUNNING, 1)
    ] * 2
    assert await claim() is None


async def test_a_claim_does_not_wait_for_another(engine, add):
    added = [await add(), await add()]
    async with read_committed(engine) as one, read_committed(engine) as other:
        first = await claim_job(one, ["mail"], LONG)
        second = await claim_job(other, ["mail"], LONG)
    assert [first.id, second.id] == added


@pytest.mark.parametrize("level", ["READ COMMITTED", *LEVELS])
async def test_at_every_level_of_the_engine_a_claim_is_one(
    at_level, engine, add, level
):
    await add()
    engines = [at_level(level), at_level(level)]

    async def claim(engine):
        async with read_committed(engine) as session:
            return await claim_job(session, ["mail"], LONG)

    claims = await asyncio.gather(*map(claim, engines * 3))
    assert len([job for job in claims if job]) == 1


async def test_the_job_that_is_due_longest_comes_first(add, claimed):
    late = await add(run_at=func.now() - timedelta(seconds=1))
    early = await add(run_at=func.now() - timedelta(seconds=2))
    await add(run_at=func.now() + LONG)

    assert (await claimed()).id == early
    assert (await claimed()).id == late
    assert await claimed() is None


async def test_jobs_of_one_moment_come_in_the_order_of_their_ids(engine, add):
    """Not in that of the table, where a row that is changed moves."""
    moment = datetime(2026, 11, 27, tzinfo=UTC)
    earlier, later = [await add(run_at=moment), await add(run_at=moment)]
    async with engine.begin() as connection:
        await connection.execute(
            update(JobRow).where(JobRow.id == earlier).values(run_at=moment)
        )
    async with read_committed(engine) as session:
        for scan in ("indexscan", "bitmapscan"):
            await session.execute(text(f"set local enable_{scan} = off"))
        jobs = [await claim_job(session, ["mail"], LONG) for _ in range(2)]
    assert [job.id for job in jobs] == [earlier, later]


async def test_a_job_is_due_at_once(engine):
    async with read_committed(engine) as session:
        job_id = await enqueue_job(session, "mail", {})
        assert (await claim_job(session, ["mail"], LONG)).id == job_id


async def test_what_is_over_is_not_claimed_when_its_lease_is(
    engine, add, claimed
):
    for _ in range(3):
        await add()
    jobs = [await claimed() for _ in range(3)]
    async with read_committed(engine) as session:
        await finish_job(session, jobs[0], None)
        await fail_job(session, jobs[1], OSError(), None)
        await cancel_job(session, jobs[2].id)
        await session.execute(update(JobRow).values(run_at=func.now()))
    assert await claimed() is None


async def test_one_of_two_that_run_is_finished(engine, add, claimed):
    one, other = await add(), await add()
    job = await claimed()
    assert (await claimed()).id == other
    async with read_committed(engine) as session:
        await finish_job(session, job, None)
    assert (await found(engine, one)).status is JobStatus.SUCCEEDED
    assert (await found(engine, other)).status is JobStatus.RUNNING


async def test_a_kind_that_a_worker_does_not_know_is_left_to_others(
    add, claimed
):
    await add("print")
    assert await claimed() is None
    assert await claimed(kinds=[]) is None
    assert (await claimed(kinds=["mail", "print"])).kind == "print"


async def test_the_job_of_a_lease_that_is_over_goes_to_another(
    engine, add, claimed
):
    job_id = await add()
    first = await claimed(NOW)
    second = await claimed()
    assert (first.id, first.attempts) == (job_id, 1)
    assert (second.id, second.attempts) == (job_id, 2)

    async with AsyncSession(engine) as session:
        for late in (
            finish_job(session, first, None),
            fail_job(session, first, OSError(), NOW),
        ):
            with pytest.raises(LostJobError):
                await late
    async with read_committed(engine) as session:
        await finish_job(session, second, {"sent": 1})

    job = await found(engine, job_id)
    assert (job.status, job.result) == (JobStatus.SUCCEEDED, {"sent": 1})
    assert job.finished_at is not None
    assert await claimed() is None


async def test_a_failure_is_noted_and_tried_again(engine, add, claimed):
    job_id = await add()
    async with read_committed(engine) as session:
        await fail_job(session, await claimed(), OSError("a\0b"), NOW)

    job = await found(engine, job_id)
    assert (job.status, job.error) == (JobStatus.QUEUED, r"OSError('a\x00b')")
    again = await claimed()
    async with read_committed(engine) as session:
        await finish_job(session, again, None)
    assert again.attempts == 2
    assert (await found(engine, job_id)).error is None


@pytest.mark.parametrize("ends_well", [True, False])
async def test_a_refusal_is_that_of_the_last_attempt(
    engine, add, claimed, ends_well
):
    job_id = await add()
    job = await claimed()
    async with AsyncSession(engine) as session, session.begin():
        await fail_job(session, job, DomainError("Not today"), NOW)

    job = await claimed()
    async with AsyncSession(engine) as session, session.begin():
        if ends_well:
            await finish_job(session, job, {})
        else:
            await fail_job(session, job, OSError("a cable"), None)

    assert (await found(engine, job_id)).refusal is None


async def test_a_failure_for_good_stays_to_be_seen(engine, add, claimed):
    await add()
    async with read_committed(engine) as session:
        await fail_job(session, await claimed(), OSError("away"), None)

    assert await claimed() is None
    dead = select(JobRow.kind, JobRow.attempts, JobRow.error).where(
        JobRow.status == JobStatus.FAILED
    )
    async with AsyncSession(engine) as session:
        assert [*await session.execute(dead)] == [
            ("mail", 1, "OSError('away')")
        ]


async def test_what_is_canceled_while_it_runs_cannot_be_finished(
    engine, add, claimed
):
    job_id = await add()
    job = await claimed()
    async with AsyncSession(engine) as session, session.begin():
        assert await cancel_job(session, job_id)
    async with AsyncSession(engine) as session:
        with pytest.raises(LostJobError, match=r"mail .*, attempt 1"):
            await finish_job(session, job, None)
    assert (await found(engine, job_id)).status is JobStatus.CANCELED


async def test_what_is_being_finished_is_no_longer_canceled(
    engine, add, claimed
):
    job_id = await add()

    async def cancel():
        async with read_committed(engine) as session:
            return await cancel_job(session, job_id)

    async with read_committed(engine) as session:
        await finish_job(session, await claimed(), None)
        canceling = asyncio.create_task(cancel())
        await async_until(lambda: waiting_for_a_lock(engine))
    assert not await canceling
    assert (await found(engine, job_id)).status is JobStatus.SUCCEEDED


async def test_a_claim_reads_the_index_of_jobs_that_are_open(engine, add):
    """However many are done, and with parameters as prepared statements."""
    plan = text(
        "explain (costs off) select id from jobs where finished_at is null"
        " and run_at <= now() and kind in ('mail')"
        " order by run_at, id limit 1 for update skip locked"
    )
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "insert into jobs (kind, payload, status, finished_at) select"
                " 'mail', '{}', 'succeeded', now()"
                " from generate_series(1, 5000)"
            )
        )
        await connection.execute(text("analyze jobs"))
        lines = [*await connection.scalars(plan)]
    assert any("ix_jobs_due" in line for line in lines), lines
