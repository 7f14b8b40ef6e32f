"""Scheduled run: every process has the timetable, and one of them runs.

An advisory lock alone lets one run *at a time*. A process whose clock is a
second late finds it free again, and runs once more. So the run is also a row,
committed with what it did.
"""

from datetime import date

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..domain_driven_design.persistence import Base
from .advisory_lock import Work, run_alone


class ScheduledRunRow(Base):
    """One task has been done for one day."""

    __tablename__ = "scheduled_runs"

    task: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)


async def run_daily(
    engine: AsyncEngine, task: str, day: date, work: Work
) -> bool:
    """Do ``work`` for ``day``, unless it is done or being done; whether it was.

    Call it as often as you like, from any process: what has failed is tried
    again, a day on which all processes were away is caught up with.
    """
    ran = False

    async def unless_done(session: AsyncSession) -> None:
        nonlocal ran
        noted = await session.scalar(
            insert(ScheduledRunRow)
            .values(task=task, day=day)
            .on_conflict_do_nothing()
            .returning(ScheduledRunRow.task)
        )
        if noted is not None:
            await work(session)
            ran = True

    return await run_alone(engine, task, unless_done) and ran
