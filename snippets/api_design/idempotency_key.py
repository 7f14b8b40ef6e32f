"""Idempotency keys on PostgreSQL: answer and effect are one transaction.

Wherever the process dies, both are there or neither is, and the repeated
request finds the one or runs the other. No reservation can be left behind: it
is an advisory lock, which ends with the transaction.
"""

from datetime import datetime

from sqlalchemy import DateTime, delete, func, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..database_patterns.advisory_lock import try_lock
from ..domain_driven_design.persistence import Base
from .keyed_request import (
    Answer,
    KeyedRequest,
    KeyReusedError,
    RequestInFlightError,
)


class IdempotencyKeyRow(Base):
    """One request that has been answered."""

    __tablename__ = "idempotency_keys"

    caller: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int]
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    body: Mapped[bytes]
    answered_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), index=True
    )


class PostgresAnswers:
    """Fits the port `Answers`, in the session's transaction.

    Above READ COMMITTED, `add` raises an IntegrityError if the request was
    answered after the transaction's snapshot: the effect rolls back.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, request: KeyedRequest) -> Answer | None:
        scope = (request.caller, request.operation, request.key)
        if not await try_lock(self._session, repr(scope)):
            raise RequestInFlightError("The first request has not ended yet")
        row = await self._session.get(IdempotencyKeyRow, scope)
        if row is None:
            return None
        if row.fingerprint != request.fingerprint:
            raise KeyReusedError("This key belongs to another request")
        return Answer(row.status, row.headers, row.body, replayed=True)

    async def add(self, request: KeyedRequest, answer: Answer) -> None:
        connection = await self._session.connection()
        await connection.execute(
            insert(IdempotencyKeyRow),
            {
                "caller": request.caller,
                "operation": request.operation,
                "key": request.key,
                "fingerprint": request.fingerprint,
                "status": answer.status,
                "headers": dict(answer.headers),
                "body": answer.body,
            },
        )


async def forget_answers(session: AsyncSession, before: datetime) -> None:
    """Delete old answers; a request repeated later than that runs again."""
    await session.execute(
        delete(IdempotencyKeyRow).where(IdempotencyKeyRow.answered_at < before)
    )
