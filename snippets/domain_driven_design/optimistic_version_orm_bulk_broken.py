"""Broken: the statement leaves the version, so nobody notices the change."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from .optimistic_version import StockNotFoundError
from .optimistic_version_orm import StockRow


async def receive(session: AsyncSession, sku: str, pieces: int) -> None:
    received = await session.scalar(
        update(StockRow)
        .where(StockRow.sku == sku)
        .values(on_hand=StockRow.on_hand + pieces)
        .returning(StockRow.sku)
    )
    if received is None:
        raise StockNotFoundError(f"There is no {sku}")
