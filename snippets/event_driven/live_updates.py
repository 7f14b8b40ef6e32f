"""Live updates: what happens to an order, as server-sent events.

The stream is read from the outbox, so it resumes where the client says it
stopped (``Last-Event-ID``) and starts from the first event without. An idle
stream holds no database connection; FastAPI sends a comment every 15 s.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .outbox import OutboxCounterRow, OutboxRow
from .outbox_wakeup import OutboxWakeup


def live_updates(
    engine: AsyncEngine, wakeup: OutboxWakeup, poll: float = 5.0
) -> APIRouter:
    """Routes for an application that runs ``wakeup`` in its lifespan."""
    router = APIRouter()

    @router.get("/orders/{order_id}/events", response_class=EventSourceResponse)
    async def order_events(
        order_id: UUID, last_event_id: Annotated[int, Header(ge=0)] = 0
    ) -> AsyncIterator[ServerSentEvent]:
        subject = f"order-{order_id}"
        newest, last = await newest_number(engine, subject), last_event_id
        if last > newest:  # of a database that was restored since
            last = newest
            yield ServerSentEvent(id=str(last), event="reset", data={})
        while True:
            seen = wakeup.count
            rows = await events_after(engine, subject, last)
            for row in rows:
                if row.sequence != last + 1:  # pruned: fetch the order itself
                    yield ServerSentEvent(event="reset", data={})
                last = row.sequence
                event = row.event
                yield ServerSentEvent(
                    id=str(last), event=event.type, data=dict(event.data)
                )
            if not rows and last < newest:  # all of them pruned
                last = newest
                yield ServerSentEvent(id=str(last), event="reset", data={})
            elif not rows:
                await wakeup.wait(seen, poll)

    return router


async def newest_number(engine: AsyncEngine, subject: str) -> int:
    """That of its last event, pruned or not; 0 if there was none."""
    async with AsyncSession(engine) as session:
        counter = await session.get(OutboxCounterRow, subject)
        return counter.last if counter else 0


async def events_after(
    engine: AsyncEngine, subject: str, sequence: int, limit: int = 100
) -> Sequence[OutboxRow]:
    """The next events of ``subject``. Numbers are dense and committed in order,
    so a lower one cannot turn up later.
    """
    async with AsyncSession(engine) as session:
        rows = await session.scalars(
            select(OutboxRow)
            .where(OutboxRow.subject == subject, OutboxRow.sequence > sequence)
            .order_by(OutboxRow.sequence)
            .limit(limit)
        )
        return rows.all()
