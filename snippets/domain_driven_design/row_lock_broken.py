"""Broken: locks the row, and decides by what the session had read before."""

from sqlalchemy.ext.asyncio import AsyncSession

from .optimistic_version import OutOfStockError, StockNotFoundError
from .row_lock import StockRow


async def reserve(session: AsyncSession, sku: str, pieces: int) -> None:
    row = await session.get(StockRow, sku, with_for_update=True)
    if row is None:
        raise StockNotFoundError(f"There is no {sku}")
    if row.on_hand < pieces:
        raise OutOfStockError(f"{sku}: {row.on_hand} left")
    row.on_hand -= pieces
