"""Broken: each row is inserted, and then read back, by itself."""

from collections.abc import Collection
from dataclasses import asdict
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from .bulk_insert import NewBuyer
from .models import BuyerRow


async def register_buyers(
    session: AsyncSession, buyers: Collection[NewBuyer]
) -> dict[str, UUID]:
    rows = [BuyerRow(**asdict(buyer)) for buyer in buyers]
    session.add_all(rows)
    await session.flush()
    for row in rows:
        await session.refresh(row)
    return {row.email: row.id for row in rows}
