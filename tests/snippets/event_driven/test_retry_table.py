"""The retry table: an event comes back as it went in."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.retry_store import RetryStore
from snippets.event_driven.retry_table import RetryRow

EVENT = EventEnvelope(type="order.placed", subject="order-1", data={"n": 1})


async def test_an_event_is_kept_to_the_letter(engine):
    await RetryStore(engine, "payments").keep(EVENT)
    async with AsyncSession(engine) as session:
        row = (await session.scalars(select(RetryRow))).one()
    assert row.event == EVENT
    assert (row.attempts, row.error, row.dead_at) == (0, None, None)
