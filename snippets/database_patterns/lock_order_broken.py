"""Broken: locks the rows in the order in which the customer chose them."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from ..domain_driven_design.row_lock import reserve_hot


async def reserve_cart(
    session: AsyncSession, pieces: Mapping[str, int]
) -> None:
    for sku, wanted in pieces.items():
        await reserve_hot(session, sku, wanted)
