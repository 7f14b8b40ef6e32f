"""Broken: one statement with an argument for each value of each row."""

from collections.abc import Collection
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from .bulk_insert import NewBuyer
from .models import BuyerRow


async def register_buyers(
    session: AsyncSession, buyers: Collection[NewBuyer]
) -> dict[str, UUID]:
    rows = await session.execute(
        insert(BuyerRow)
        .values([asdict(buyer) for buyer in buyers])
        .returning(BuyerRow.email, BuyerRow.id)
    )
    return dict(rows.all())


async def buyers_called(
    session: AsyncSession, emails: Collection[str]
) -> dict[str, UUID]:
    rows = await session.execute(
        select(BuyerRow.email, BuyerRow.id).where(BuyerRow.email.in_(emails))
    )
    return dict(rows.all())
