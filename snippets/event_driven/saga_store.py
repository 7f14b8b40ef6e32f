"""Sagas in PostgreSQL: one row each, claimed by one runner at a time.

``due_at`` is both the time of the next attempt and the lease: a claim moves it
into the future, so a saga whose runner died becomes due by itself. All times
are the database's, because runners' clocks differ.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, func, null, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from ..architecture_patterns.read_committed import read_committed
from ..code_style.storable_text import require_storable
from ..domain_driven_design.persistence import Base
from .saga import Saga, SagaStatus


class SagaRow(Base):
    """``version`` counts claims; an ended saga has no ``due_at``."""

    __tablename__ = "sagas"
    __table_args__ = (
        Index(
            "sagas_due", "due_at", postgresql_where=text("due_at is not null")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str]
    step: Mapped[int]
    attempts: Mapped[int]
    error: Mapped[str | None]
    version: Mapped[int]
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class LeaseLostError(Exception):
    """Another runner has claimed the saga meanwhile: leave it alone."""


async def start(connection: AsyncConnection, saga: Saga) -> None:
    """Store ``saga`` in the caller's transaction; repeated, do nothing.

    Raises:
        ValueError: its name or data have text that PostgreSQL cannot store.
    """
    require_storable([saga.name, saga.data])
    await connection.execute(
        insert(SagaRow).values(due_at=func.now()).on_conflict_do_nothing(),
        {
            "id": saga.id,
            "name": saga.name,
            "data": dict(saga.data),
            "status": saga.status,
            "step": saga.step,
            "attempts": saga.attempts,
            "version": saga.version,
        },
    )


class SagaStore:
    """What a runner needs; each call is a transaction of its own.

    READ COMMITTED, whatever the engine's level is: above it, a claim that meets
    another raises where it should look on.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def claim(self, names: set[str], lease: timedelta) -> Saga | None:
        """Take the saga that has been due longest, if any, for ``lease``."""
        due = (
            select(SagaRow)
            .where(SagaRow.due_at <= func.now(), SagaRow.name.in_(names))
            .order_by(SagaRow.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        async with read_committed(self._engine) as session:
            row = await session.scalar(due)
            if row is None:
                return None
            row.version += 1
            row.due_at = func.now() + lease
            return Saga(
                id=row.id,
                name=row.name,
                data=row.data,
                status=SagaStatus(row.status),
                step=row.step,
                attempts=row.attempts,
                error=row.error,
                version=row.version,
            )

    async def save(self, saga: Saga, due_in: timedelta) -> None:
        """Store how far ``saga`` is, and when it is due unless it has ended.

        Raises:
            LeaseLostError: nothing was stored.
        """
        async with read_committed(self._engine) as session:
            saved = await session.scalar(
                update(SagaRow)
                .where(SagaRow.id == saga.id, SagaRow.version == saga.version)
                .values(
                    status=saga.status,
                    step=saga.step,
                    attempts=saga.attempts,
                    error=saga.error,
                    due_at=null() if saga.has_ended else func.now() + due_in,
                )
                .returning(SagaRow.id)
            )
        if saved is None:
            raise LeaseLostError(str(saga.id))
