"""An adapter: today's prices, from a table."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from ..code_style.database_errors import database_errors
from ..code_style.storable_text import is_storable
from ..domain_driven_design.money import Money
from .tables import ProductRow


class PostgresPriceList:
    """Fits the port `PriceList` of the use case, by having its method.

    Raises:
        DatabaseError: PostgreSQL is out of reach.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, skus: Collection[str]) -> Mapping[str, Money]:
        query = select(ProductRow.__table__).where(
            ProductRow.sku.in_(filter(is_storable, skus))
        )
        with database_errors("read prices"):
            async with self._engine.connect() as connection:
                rows = await connection.execute(query)
                return {row.sku: Money(row.price, row.currency) for row in rows}
