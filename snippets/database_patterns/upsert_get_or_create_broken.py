"""Broken: on a conflict there is nothing to return."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from .bulk_insert import NewBuyer
from .models import BuyerRow


async def buyer_for(session: AsyncSession, new: NewBuyer) -> BuyerRow:
    made = await session.scalars(
        insert(BuyerRow)
        .values(email=new.email, name=new.name)
        .on_conflict_do_nothing(index_elements=[BuyerRow.email])
        .returning(BuyerRow)
    )
    return made.one()
