"""Housekeeping: what no client can ask for any more is deleted."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from snippets.api_design.idempotency_key import forget_answers
from snippets.architecture_patterns.read_committed import read_committed
from snippets.event_driven.background_loop import until_cancelled

ANSWERS_ARE_KEPT = timedelta(days=1)
PAUSE = 3600.0  # seconds


async def keep_house(engine: AsyncEngine) -> None:
    """Forget the answers to repeated requests after a day, until cancelled."""

    async def forget() -> None:
        async with read_committed(engine) as session:
            await forget_answers(session, datetime.now(UTC) - ANSWERS_ARE_KEPT)
        await asyncio.sleep(PAUSE)

    await until_cancelled(
        forget, PAUSE, "Old answers were not deleted; again in %s s"
    )
