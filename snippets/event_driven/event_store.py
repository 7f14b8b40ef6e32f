"""Event store on PostgreSQL: a stream for each aggregate, append only.

The primary key is the concurrency control: of two writers that read the same
version, the second to commit violates it. Correct at READ COMMITTED.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class EventStoreBase(DeclarativeBase):
    """Collects the table of events."""


class StoredEvent(EventStoreBase):
    """``version`` counts the events of one stream from 1."""

    __tablename__ = "stored_events"

    stream: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
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


async def append(
    connection: AsyncConnection,
    stream: UUID,
    expected_version: int,
    events: Sequence[tuple[str, dict[str, Any]]],
) -> None:
    """Add ``events`` if the stream is still at ``expected_version``.

    In the caller's transaction, which is of no more use after an error.

    Without events it does nothing.

    Raises:
        StreamChangedError: nothing was added.
    """
    if not events:
        return
    try:
        await connection.execute(
            insert(StoredEvent),
            [
                {
                    "stream": stream,
                    "version": version,
                    "type": kind,
                    "data": data,
                }
                for version, (kind, data) in enumerate(
                    events, start=expected_version + 1
                )
            ],
        )
    except IntegrityError as error:
        raise StreamChangedError(str(stream)) from error
