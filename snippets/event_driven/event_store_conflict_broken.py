"""Broken: takes whatever the table refuses for a conflict."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from .event_store import StoredEvent, StreamChangedError


async def append_to_stream(
    connection: AsyncConnection,
    stream: UUID,
    expected_version: int,
    events: Sequence[tuple[str, dict[str, Any]]],
) -> None:
    rows = [
        {"stream": stream, "version": number, "type": kind, "data": data}
        for number, (kind, data) in enumerate(events, expected_version + 1)
    ]
    try:
        await connection.execute(insert(StoredEvent), rows)
    except IntegrityError as error:
        raise StreamChangedError(str(stream)) from error
