"""Pessimistic locking: lock the row, read it, decide; the others wait.

For what everybody wants at once, where versions would refuse too many. Lock
several rows in a fixed order, or two transactions may deadlock.
"""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .optimistic_version import OutOfStockError, StockNotFoundError
from .storable_text import is_storable


class Base(DeclarativeBase):
    """The tables of this module."""


class StockRow(Base):
    """The pieces of one article."""

    __tablename__ = "stock"

    sku: Mapped[str] = mapped_column(primary_key=True)
    on_hand: Mapped[int]


async def reserve(session: AsyncSession, sku: str, pieces: int) -> None:
    """Take pieces in the caller's transaction, which holds the lock to its end.

    ``populate_existing`` reads anew what the session may have already.

    Raises:
        ValueError: less than one piece.
        StockNotFoundError: the shop has no such article.
        OutOfStockError: there are too few.
    """
    if pieces < 1:
        raise ValueError(f"Not a number of pieces: {pieces}")
    if not is_storable(sku):
        raise StockNotFoundError(f"There is no {sku!r}")
    row = await session.get(
        StockRow, sku, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise StockNotFoundError(f"There is no {sku}")
    if row.on_hand < pieces:
        raise OutOfStockError(f"{sku}: {row.on_hand} left")
    row.on_hand -= pieces
