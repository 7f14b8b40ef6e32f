"""Broken: writes back what it read, over whatever was written since."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from .optimistic_version import StockItem, StockNotFoundError
from .optimistic_version_orm import StockRow


class StockRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, sku: str) -> StockItem:
        query = select(StockRow.__table__).where(StockRow.sku == sku)
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            raise StockNotFoundError(f"There is no {sku}")
        return StockItem(row.sku, row.on_hand, row.version)

    async def save(self, item: StockItem) -> None:
        await self._connection.execute(
            update(StockRow)
            .where(StockRow.sku == item.sku)
            .values(on_hand=item.on_hand)
        )
