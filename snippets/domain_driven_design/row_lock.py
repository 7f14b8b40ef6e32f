"""Pessimistic locking: lock the row, read it, decide; the others wait.

For what everybody wants at once, where versions would refuse too many. Lock
several rows in a fixed order, or two transactions may deadlock.
"""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..code_style.errors import InsufficientStockError
from ..code_style.storable_text import is_storable
from .optimistic_version import StockNotFoundError
from .persistence import Base


class HotStockRow(Base):
    """The pieces of one article that many want: locked, so without version."""

    __tablename__ = "hot_stock"

    sku: Mapped[str] = mapped_column(primary_key=True)
    on_hand: Mapped[int]


async def reserve_hot(session: AsyncSession, sku: str, pieces: int) -> None:
    """Take pieces in the caller's transaction, which holds the lock to its end.

    ``populate_existing`` reads anew what the session may have already.

    Raises:
        ValueError: less than one piece.
        StockNotFoundError: the shop has no such article.
        InsufficientStockError: there are too few.
    """
    if pieces < 1:
        raise ValueError(f"Not a number of pieces: {pieces}")
    if not is_storable(sku):
        raise StockNotFoundError(f"There is no {sku!r}")
    row = await session.get(
        HotStockRow, sku, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise StockNotFoundError(f"There is no {sku}")
    if row.on_hand < pieces:
        raise InsufficientStockError.of(sku, pieces, row.on_hand)
    row.on_hand -= pieces
