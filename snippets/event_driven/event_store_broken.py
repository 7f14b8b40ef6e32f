"""Broken: asks for the next free version where it should state the one read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from .event_store import StoredEvent


async def append_to_stream(
    connection: AsyncConnection,
    stream: UUID,
    expected_version: int,
    events: Sequence[tuple[str, dict[str, Any]]],
) -> None:
    last = await connection.scalar(
        select(func.coalesce(func.max(StoredEvent.version), 0)).where(
            StoredEvent.stream == stream
        )
    )
    for version, (kind, data) in enumerate(events, start=last + 1):
        await connection.execute(
            insert(StoredEvent).values(
                stream=stream, version=version, type=kind, data=data
            )
        )
