"""A queue in PostgreSQL: each claim skips the rows that others are claiming.

A claim is a lease. No transaction is open while a job runs, its attempts are
counted before they are made, and the job of a worker that died is claimed by
another when the lease is over. For transactions at READ COMMITTED.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ..code_style.error_text import error_text, escaped
from ..code_style.errors import DomainError
from .jobs import JobRow, JobStatus


class LostJobError(Exception):
    """The job was canceled, or its lease is over and another has claimed it."""


async def claim_job(
    session: AsyncSession, kinds: Collection[str], lease: timedelta
) -> JobRow | None:
    """Count an attempt of the job that is due longest. Commit, then work.

    Until ``lease`` is over, nobody else is given it. To read it after the
    commit, the session needs ``expire_on_commit=False``.
    """
    due = (
        select(JobRow.id)
        .where(
            JobRow.finished_at.is_(None),
            JobRow.run_at <= func.now(),
            JobRow.kind.in_(kinds),
        )
        .order_by(JobRow.run_at, JobRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return await session.scalar(
        update(JobRow)
        .where(JobRow.id == due.scalar_subquery())
        .values(
            status=JobStatus.RUNNING,
            attempts=JobRow.attempts + 1,
            run_at=func.now() + lease,
        )
        .returning(JobRow)
    )


async def finish_job(
    session: AsyncSession, job: JobRow, result: object
) -> None:
    """Note the result, in the transaction of what the job has written.

    Raises:
        LostJobError: roll that transaction back.
    """
    await _settle(
        session,
        job,
        {
            "status": JobStatus.SUCCEEDED,
            "result": result,
            "error": None,
            "refusal": None,
            "finished_at": func.now(),
        },
    )


async def fail_job(
    session: AsyncSession,
    job: JobRow,
    error: Exception,
    retry_in: timedelta | None,
) -> None:
    """Due again after ``retry_in``; None gives it up, for somebody to see.

    Of a domain error, the owner is told.

    Raises:
        LostJobError: it is no longer this attempt's to fail.
    """
    values: dict[str, Any] = {"error": error_text(error), "refusal": None}
    if isinstance(error, DomainError):
        values["refusal"] = {"code": error.code, "detail": escaped(str(error))}
    if retry_in is None:
        values |= {"status": JobStatus.FAILED, "finished_at": func.now()}
    else:
        values |= {
            "status": JobStatus.QUEUED,
            "run_at": func.now() + retry_in,
        }
    await _settle(session, job, values)


async def _settle(
    session: AsyncSession, job: JobRow, values: dict[str, Any]
) -> None:
    settled = await session.scalar(
        update(JobRow)
        .where(
            JobRow.id == job.id,
            JobRow.attempts == job.attempts,
            JobRow.status == JobStatus.RUNNING,
        )
        .values(values)
        .returning(JobRow.id)
    )
    if settled is None:
        raise LostJobError(f"{job.kind} {job.id}, attempt {job.attempts}")
