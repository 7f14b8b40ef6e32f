"""An adapter: today's prices, from a table."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from ..code_style.database_errors import database_errors
from .order_values import is_text
from .tables import ProductRow


class PostgresPriceList:
    """Fits the port `PriceList` of the use case, by having its method.

    Raises:
        DatabaseError: PostgreSQL is out of reach.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, skus: Collection[str]) -> Mapping[str, Decimal]:
        query = select(ProductRow.sku, ProductRow.price).where(
            ProductRow.sku.in_(filter(is_text, skus))
        )
        with database_errors("read prices"):
            async with self._engine.connect() as connection:
                rows = await connection.execute(query)
                return {row.sku: row.price for row in rows}
