"""Broken: looks whether it is there, and somebody else does so, too."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .bulk_insert import NewBuyer
from .models import BuyerRow


async def buyer_for(session: AsyncSession, new: NewBuyer) -> BuyerRow:
    query = select(BuyerRow).where(BuyerRow.email == new.email)
    buyer = await session.scalar(query)
    if buyer is None:
        buyer = BuyerRow(email=new.email, name=new.name)
        session.add(buyer)
        await session.flush()
    return buyer
