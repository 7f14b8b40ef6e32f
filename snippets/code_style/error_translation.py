"""Translation: above the adapter, an outage is an error of the shop's.

`database_errors` wraps each call that talks to PostgreSQL. What the shop itself
refuses is raised outside of it.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from .database_errors import database_errors
from .errors import InsufficientStockError, NotFoundError
from .storable_text import is_storable

RESERVE = text(
    "update shelf set available = available - :quantity"
    " where sku = :sku and available >= :quantity returning available"
)
MOST = 2**31 - 1
AVAILABLE = text("select available from shelf where sku = :sku")


class PostgresShelf:
    """Units on hand, by SKU."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def reserve(self, sku: str, quantity: int) -> int:
        """Take units and return how many remain.

        Raises:
            NotFoundError: the shop does not know the SKU.
            InsufficientStockError: there are fewer; nothing was taken.
            ValueError: less than one unit, which would add some, or more than
                an INTEGER of PostgreSQL holds.
            DatabaseError: PostgreSQL did not answer; nothing was taken,
                unless the connection broke during the commit.
        """
        if not is_storable(sku):
            raise NotFoundError(f"There is no {sku!r}", sku=sku)
        if not 1 <= quantity <= MOST:
            raise ValueError(f"Not a number of units: {quantity}")
        with database_errors("reserve"):
            async with self._engine.begin() as connection:
                values = {"sku": sku, "quantity": quantity}
                left = await connection.scalar(RESERVE, values)
                if left is not None:
                    return int(left)
                available = await connection.scalar(AVAILABLE, values)
        if available is None:
            raise NotFoundError(f"There is no {sku}", sku=sku)
        raise InsufficientStockError.of(sku, quantity, available)
