"""Broken: the strongest lock, which new invoices of the buyer wait for, too."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ..code_style.errors import NotFoundError
from .models import BuyerRow


async def lock_for_edit(session: AsyncSession, buyer_id: UUID) -> BuyerRow:
    buyer = await session.get(
        BuyerRow, buyer_id, with_for_update=True, populate_existing=True
    )
    if buyer is None:
        raise NotFoundError(f"There is no buyer {buyer_id}")
    return buyer
