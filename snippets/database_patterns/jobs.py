"""Jobs: work to be done later, noted where the rows are that it is about."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Enum,
    Index,
    func,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..code_style.storable_text import require_storable
from ..domain_driven_design.persistence import Base
from .models import Instant, UuidV7


class JobStatus(StrEnum):
    """Where a job stands; the last three are for good."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class JobRow(Base):
    """One job. While it runs, ``run_at`` is the end of its lease.

    ``error`` is for operators; ``refusal`` is for the owner: a domain error's
    code and detail.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "ix_jobs_due",
            "run_at",
            "id",
            postgresql_where=text("finished_at IS NULL"),
        ),
        CheckConstraint(
            "(finished_at IS NULL) = (status IN ('queued', 'running'))",
            "ck_jobs_finished",
        ),
    )

    id: Mapped[UuidV7]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    owner: Mapped[UUID | None]
    status: Mapped[JobStatus] = mapped_column(
        Enum(
            JobStatus,
            name="job_status",
            values_callable=lambda kind: [status.value for status in kind],
        ),
        server_default=JobStatus.QUEUED.value,
    )
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    run_at: Mapped[Instant] = mapped_column(server_default=func.now())
    result: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    error: Mapped[str | None]
    refusal: Mapped[dict[str, str] | None] = mapped_column(
        JSONB(none_as_null=True)
    )
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True)
    )


async def enqueue_job(
    session: AsyncSession,
    kind: str,
    payload: Mapping[str, Any],
    owner: UUID | None = None,
) -> UUID:
    """Add a job to the caller's transaction, due at once; its id.

    Raises:
        TypeError: the payload is no JSON.
        ValueError: nor is this (NaN), or PostgreSQL cannot store it.
    """
    require_storable((kind, payload))
    json.dumps(payload, allow_nan=False)
    added = await session.scalars(
        insert(JobRow)
        .values(kind=kind, payload=payload, owner=owner)
        .returning(JobRow.id)
    )
    return added.one()


async def cancel_job(session: AsyncSession, job_id: UUID) -> bool:
    """Whether it was in time: then what the job has written is rolled back."""
    canceled = await session.scalar(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.finished_at.is_(None))
        .values(status=JobStatus.CANCELED, finished_at=func.now())
        .returning(JobRow.id)
    )
    return canceled is not None
