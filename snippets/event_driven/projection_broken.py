"""Broken: notes how far it has read when the work is done, that is, after."""

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .event_log import LogPosition, number_committed, read_log
from .outbox_prune import LogReaderRow
from .projection import daily_sales, project


async def run_once(engine: AsyncEngine, limit: int = 100) -> int:
    await number_committed(engine)
    name = daily_sales.name
    async with AsyncSession(engine) as session:
        reader = await session.get(LogReaderRow, name)
        after = LogPosition(reader.batch, reader.position) if reader else None
        events = await read_log(session, after or LogPosition(), limit)
        for _, row in events:
            await project(session, daily_sales, row.event)
        await session.commit()
    if events:
        place, _ = events[-1]
        async with AsyncSession(engine) as session:
            await session.merge(
                LogReaderRow(
                    name=name, batch=place.batch, position=place.position
                )
            )
            await session.commit()
    return len(events)
