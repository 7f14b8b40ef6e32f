"""Broken: what is published and old is taken for read."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from .outbox import OutboxRow


async def prune(session: AsyncSession, before: datetime) -> None:
    await session.execute(
        delete(OutboxRow).where(OutboxRow.published_at < before)
    )
