"""Broken: the update forgets when, and the file names somebody twice."""

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from .bulk_insert import NewBuyer
from .models import BuyerRow


async def save_buyers(
    session: AsyncSession, buyers: Collection[NewBuyer]
) -> None:
    upsert = insert(BuyerRow).values([asdict(buyer) for buyer in buyers])
    await session.execute(
        upsert.on_conflict_do_update(
            index_elements=[BuyerRow.email],
            set_={"name": upsert.excluded.name},
        )
    )
