"""Broken: notes how far it has read when the work is done, that is, after."""

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .event_log import LogPosition, number_committed, read_log
from .projection import ProjectionRow, daily_sales, project


async def run_once(engine: AsyncEngine, limit: int = 100) -> int:
    await number_committed(engine)
    name = daily_sales.name
    async with AsyncSession(engine) as session:
        reader = await session.get(ProjectionRow, name)
        after = LogPosition(reader.batch, reader.position) if reader else None
        events = await read_log(session, after or LogPosition(), limit)
        for _, event in events:
            await project(session, daily_sales, event)
        await session.commit()
    if events:
        place, _ = events[-1]
        async with AsyncSession(engine) as session:
            await session.merge(
                ProjectionRow(
                    name=name, batch=place.batch, position=place.position
                )
            )
            await session.commit()
    return len(events)
