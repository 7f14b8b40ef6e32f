"""Broken: locks the row, and decides by what the session had read before."""

from sqlalchemy.ext.asyncio import AsyncSession

from ..code_style.errors import InsufficientStockError
from .optimistic_version import StockNotFoundError
from .row_lock import HotStockRow


async def reserve_hot(session: AsyncSession, sku: str, pieces: int) -> None:
    row = await session.get(HotStockRow, sku, with_for_update=True)
    if row is None:
        raise StockNotFoundError(f"There is no {sku}")
    if row.on_hand < pieces:
        raise InsufficientStockError.of(sku, pieces, row.on_hand)
    row.on_hand -= pieces
