"""Live updates: what happens to an order, as server-sent events.

The stream is read from the outbox, so it resumes where the client says it
stopped (``Last-Event-ID``) and starts from the first event without. An idle
stream holds no database connection; FastAPI sends a comment every 15 s.
"""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .outbox import OutboxCounterRow, OutboxRow
from .outbox_wakeup import OutboxWakeup

LARGEST = 2**63 - 1  # as PostgreSQL numbers events


def live_updates(
    engine: AsyncEngine, wakeup: OutboxWakeup, poll: float = 5.0
) -> APIRouter:
    """Routes for an application that runs ``wakeup`` in its lifespan."""
    router = APIRouter()

    @router.get("/orders/{order_id}/events", response_class=EventSourceResponse)
    async def order_events(
        order_id: UUID,
        last_event_id: Annotated[str, Header(pattern="^[0-9]{0,1000}$")] = "",
    ) -> AsyncIterator[ServerSentEvent]:
        subject = f"order-{order_id}"
        last = min(int(last_event_id or 0), LARGEST)
        while not wakeup.ended:  # or its process could not end
            seen = wakeup.count
            newest, rows = await events_after(engine, subject, last)
            for row in rows:
                if row.sequence != last + 1:  # pruned: fetch the order itself
                    yield ServerSentEvent(event="reset", data={})
                last = row.sequence
                yield to_message(row)
            if not rows and last != newest:  # pruned, or restored since
                last = newest
                yield ServerSentEvent(id=str(last), event="reset", data={})
            elif not rows:
                await wakeup.wait(seen, poll)

    return router


def to_message(row: OutboxRow) -> ServerSentEvent:
    """An event that cannot be told is a reset: it must not end the stream."""
    number = str(row.sequence)
    try:
        event = row.event
        return ServerSentEvent(
            id=number, event=event.type, data=dict(event.data)
        )
    except ValueError:
        return ServerSentEvent(id=number, event="reset", data={})


async def events_after(
    engine: AsyncEngine, subject: str, sequence: int, limit: int = 100
) -> tuple[int, list[OutboxRow]]:
    """The number of the last event, pruned or not, and the next ones there are.

    Numbers are dense and committed in order, so a lower one cannot turn up
    later. Both are of one moment, since one statement reads them.
    """
    there = and_(
        OutboxRow.subject == OutboxCounterRow.subject,
        OutboxRow.sequence > sequence,
    )
    async with AsyncSession(engine) as session:
        found = await session.execute(
            select(OutboxCounterRow.last, OutboxRow)
            .outerjoin(OutboxRow, there)
            .where(OutboxCounterRow.subject == subject)
            .order_by(OutboxRow.sequence)
            .limit(limit)
        )
        pairs = found.all()
    newest = pairs[0][0] if pairs else 0
    return newest, [row for _, row in pairs if row]
