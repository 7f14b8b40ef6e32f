"""Broken: one session, and so one connection, for two queries at once."""

import asyncio
from uuid import UUID

from .indexes import billed_to, newest_of
from .session_per_operation import BuyerOverview, Sessions


async def buyer_overview(sessions: Sessions, buyer_id: UUID) -> BuyerOverview:
    async with sessions.begin() as session:
        newest, billed = await asyncio.gather(
            session.scalars(newest_of(buyer_id, 20)),
            session.execute(billed_to(buyer_id)),
        )
        return BuyerOverview(list(newest), dict(billed.all()))
