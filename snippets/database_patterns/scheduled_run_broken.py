"""Broken: one at a time, and so one after the other."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncEngine

from .advisory_lock import Work, run_alone


async def run_daily(
    engine: AsyncEngine, task: str, day: date, work: Work
) -> bool:
    return await run_alone(engine, f"{task} {day}", work)
