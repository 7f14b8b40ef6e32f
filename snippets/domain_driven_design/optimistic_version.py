"""Optimistic locking: the later of two conflicting changes is refused.

A save names the version it was read at; if another transaction has saved
since, no row matches. At READ COMMITTED, PostgreSQL's default, the second
UPDATE waits for the first to commit, then checks its WHERE clause again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ..code_style.errors import (
    ConflictError,
    InsufficientStockError,
    NotFoundError,
)
from ..code_style.storable_text import is_storable
from .optimistic_version_orm import StockRow


class StockNotFoundError(NotFoundError):
    """The shop has no such article."""


class ConcurrencyError(ConflictError):
    """Someone else saved first: read again and decide again."""


@dataclass
class StockItem:
    """The pieces of one article; ``version`` is the repository's business."""

    sku: str
    on_hand: int
    version: int

    def reserve(self, pieces: int) -> None:
        if pieces < 1:
            raise ValueError(f"Not a number of pieces: {pieces}")
        if pieces > self.on_hand:
            raise InsufficientStockError.of(self.sku, pieces, self.on_hand)
        self.on_hand -= pieces


class StockRepository:
    """Works in the caller's transaction; the caller commits."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, sku: str) -> StockItem:
        """The item. Raises StockNotFoundError."""
        if not is_storable(sku):
            raise StockNotFoundError(f"There is no {sku!r}")
        query = select(StockRow.__table__).where(StockRow.sku == sku)
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            raise StockNotFoundError(f"There is no {sku}")
        return StockItem(row.sku, row.on_hand, row.version)

    async def save(self, item: StockItem) -> None:
        """Write ``item`` if nobody did since it was read.

        Raises:
            ConcurrencyError: somebody did; nothing was written.
        """
        result = await self._connection.execute(
            update(StockRow)
            .where(StockRow.sku == item.sku)
            .where(StockRow.version == item.version)
            .values(on_hand=item.on_hand, version=item.version + 1)
        )
        if result.rowcount != 1:
            raise ConcurrencyError(f"{item.sku} changed since it was read")
        item.version += 1


@contextmanager
def conflicts_told() -> Iterator[None]:
    """Raise ConcurrencyError where PostgreSQL refuses: at stricter levels."""
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "40001":
            raise
        raise ConcurrencyError("Somebody else was faster") from error


async def reserve(
    engine: AsyncEngine, sku: str, pieces: int, attempts: int = 3
) -> None:
    """Reserve in a transaction of its own; on a conflict, decide anew.

    Raises:
        StockNotFoundError: the shop has no such article.
        ValueError: less than one piece.
        InsufficientStockError: there were too few at the last attempt.
        ConcurrencyError: every attempt met a conflict.
    """
    while True:
        try:
            with conflicts_told():
                async with engine.begin() as connection:
                    repository = StockRepository(connection)
                    item = await repository.get(sku)
                    item.reserve(pieces)
                    await repository.save(item)
        except ConcurrencyError:
            attempts -= 1
            if attempts < 1:
                raise
        else:
            return
