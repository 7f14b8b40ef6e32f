"""Broken: looks for a job, then takes it, and so does another in between."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from .jobs import JobRow, JobStatus


async def claim_job(
    session: AsyncSession, kinds: Collection[str], lease: timedelta
) -> JobRow | None:
    job = await session.scalar(
        select(JobRow)
        .where(
            JobRow.finished_at.is_(None),
            JobRow.run_at <= func.now(),
            JobRow.kind.in_(kinds),
        )
        .order_by(JobRow.run_at, JobRow.id)
        .limit(1)
    )
    if job is not None:
        job.status = JobStatus.RUNNING
        job.attempts += 1
        job.run_at += lease
        await session.flush()
    return job
