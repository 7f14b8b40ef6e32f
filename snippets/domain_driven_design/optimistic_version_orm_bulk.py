"""A statement of your own on a versioned table: it counts as a change, too.

`version_id_col` is the business of flushes. An ``update()`` goes past them, so
it raises the version itself, and whoever read before it is refused.
"""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from ..code_style.storable_text import is_storable
from .optimistic_version import StockNotFoundError
from .optimistic_version_orm import StockRow


async def receive(session: AsyncSession, sku: str, pieces: int) -> None:
    """Add a delivery in the caller's transaction; it decides nothing.

    Raises:
        ValueError: less than one piece.
        StockNotFoundError: the shop has no such article.
    """
    if pieces < 1:
        raise ValueError(f"Not a number of pieces: {pieces}")
    if not is_storable(sku):
        raise StockNotFoundError(f"There is no {sku!r}")
    received = await session.scalar(
        update(StockRow)
        .where(StockRow.sku == sku)
        .values(on_hand=StockRow.on_hand + pieces, version=StockRow.version + 1)
        .returning(StockRow.sku)
    )
    if received is None:
        raise StockNotFoundError(f"There is no {sku}")
