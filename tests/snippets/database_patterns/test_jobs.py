"""Jobs: enqueued with what calls for them, canceled before they are done."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.architecture_patterns.read_committed import read_committed
from snippets.database_patterns.jobs import (
    JobRow,
    JobStatus,
    cancel_job,
    enqueue_job,
)
from snippets.database_patterns.models import BuyerRow
from tests.support.databases import UNSTORABLE


@pytest.mark.parametrize("commits", [True, False])
async def test_a_job_is_there_if_what_calls_for_it_is(engine, commits):
    async with AsyncSession(engine) as session:
        session.add(BuyerRow(email="ann@example.com", name="Ann"))
        job_id = await enqueue_job(session, "greet", {"name": "Ann"})
        await (session.commit() if commits else session.rollback())

    async with AsyncSession(engine) as session:
        job = await session.get(JobRow, job_id)
        buyers = await session.scalar(text("select count(*) from buyers"))
    assert (job is not None) == (buyers == 1) == commits


async def test_a_new_job_is_queued_and_due(engine):
    owner = uuid4()
    async with read_committed(engine) as session:
        job_id = await enqueue_job(session, "greet", {"a": [1, None]}, owner)
        job = await session.get(JobRow, job_id)

    assert isinstance(job_id, UUID)
    assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)
    assert (job.kind, job.payload, job.owner) == (
        "greet",
        {"a": [1, None]},
        owner,
    )
    assert job.run_at == job.created_at
    assert job.result is job.error is job.finished_at is None


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (float("nan"), ValueError),
        (float("-inf"), ValueError),
        (uuid4(), TypeError),
        ({1}, TypeError),
    ],
    ids=["nan", "infinity", "uuid", "set"],
)
async def test_a_payload_that_is_no_json_is_refused_before_it_is_sent(
    engine, value, error
):
    async with AsyncSession(engine) as session:
        with pytest.raises(error):
            await enqueue_job(session, "greet", {"a": [value]})
        await enqueue_job(session, "greet", {"a": [1]})  # it goes on


@pytest.mark.parametrize("value", UNSTORABLE)
async def test_what_a_table_cannot_hold_is_refused(engine, value):
    async with AsyncSession(engine) as session:
        for kind, payload in (
            (value, {}),
            ("a", {value: 1}),
            ("a", {"b": [value]}),
        ):
            with pytest.raises(ValueError, match="cannot store"):
                await enqueue_job(session, kind, payload)


async def test_a_job_that_waits_is_canceled_once(engine):
    async with AsyncSession(engine) as session, session.begin():
        job_id = await enqueue_job(session, "greet", {})
        other = await enqueue_job(session, "greet", {})
        assert await cancel_job(session, job_id)
        assert not await cancel_job(session, job_id)
        assert not await cancel_job(session, uuid4())

    async with AsyncSession(engine) as session:
        job = await session.get(JobRow, job_id)
        assert job.status is JobStatus.CANCELED
        assert job.finished_at is not None
        other = await session.get(JobRow, other)
        assert other.status is JobStatus.QUEUED


@pytest.mark.parametrize("status", ["succeeded", "failed", "canceled"])
async def test_a_job_that_is_over_says_when(engine, status):
    query = text("update jobs set status = cast(:status as job_status)")
    async with AsyncSession(engine) as session:
        await enqueue_job(session, "greet", {})
        with pytest.raises(IntegrityError, match="ck_jobs_finished"):
            await session.execute(query, {"status": status})
