"""Event store on PostgreSQL: a stream for each aggregate, append only.

The primary key is the concurrency control: of two writers that read the same
version, the second to commit violates it. Correct at every isolation level.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    PrimaryKeyConstraint,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from ..code_style.storable_text import require_storable
from ..domain_driven_design.persistence import Base

VERSION_IS_TAKEN = "stored_events_pkey"


class StoredEvent(Base):
    """``version`` counts the events of one stream from 1."""

    __tablename__ = "stored_events"
    __table_args__ = (
        PrimaryKeyConstraint("stream", "version", name=VERSION_IS_TAKEN),
        CheckConstraint("jsonb_typeof(data) = 'object'"),
    )

    stream: Mapped[UUID]
    version: Mapped[int]
    type: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    stored_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class StreamChangedError(Exception):
    """Others have appended meanwhile: load again and decide again."""


async def load(
    connection: AsyncConnection, stream: UUID
) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of each event, oldest first; their number is the version.

    An unknown stream has none.
    """
    rows = await connection.execute(
        select(StoredEvent.type, StoredEvent.data)
        .where(StoredEvent.stream == stream)
        .order_by(StoredEvent.version)
    )
    return [(row.type, row.data) for row in rows]


async def append_to_stream(
    connection: AsyncConnection,
    stream: UUID,
    expected_version: int,
    events: Sequence[tuple[str, dict[str, Any]]],
) -> None:
    """Add ``events`` if the stream is still at ``expected_version``.

    In the caller's transaction, which is of no more use after an error.
    Without events it does nothing.

    Raises:
        StreamChangedError: nothing was added. At SERIALIZABLE, PostgreSQL may
            say so itself (SQLSTATE 40001), as late as at the commit.
        ValueError: an event has text that PostgreSQL cannot store.
    """
    require_storable(events)
    if not events:
        return
    version = await connection.scalar(
        select(func.coalesce(func.max(StoredEvent.version), 0)).where(
            StoredEvent.stream == stream
        )
    )
    if version != expected_version:
        raise StreamChangedError(f"{stream} is at version {version}")
    rows = [
        {"stream": stream, "version": number, "type": kind, "data": data}
        for number, (kind, data) in enumerate(events, expected_version + 1)
    ]
    try:
        await connection.execute(insert(StoredEvent), rows)
    except IntegrityError as error:
        if violated(error) != VERSION_IS_TAKEN:
            raise
        raise StreamChangedError(str(stream)) from error


def violated(error: IntegrityError) -> str | None:
    """The constraint's name, by psycopg or by asyncpg."""
    told = getattr(error.orig, "diag", None) or getattr(
        error.orig, "__cause__", None
    )
    return getattr(told, "constraint_name", None)
