"""Translation: an adapter lets out the shop's errors and no driver's.

`database_errors` wraps each call that talks to PostgreSQL. The driver's error
stays attached as the cause, for the log.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from .errors import DatabaseError, InsufficientStockError, NotFoundError

RESERVE = text(
    "update stock set available = available - :quantity"
    " where sku = :sku and available >= :quantity returning available"
)
AVAILABLE = text("select available from stock where sku = :sku")


@contextmanager
def database_errors(operation: str) -> Iterator[None]:
    """Raise DatabaseError for whatever SQLAlchemy or the network raises.

    A refused connection comes from asyncpg as a bare OSError.
    """
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        driver = error.orig if isinstance(error, DBAPIError) else error
        raise DatabaseError(
            "The database failed",
            operation=operation,
            sqlstate=getattr(driver, "sqlstate", None),
        ) from error


class PostgresStock:
    """Units on hand, by SKU."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def reserve(self, sku: str, quantity: int) -> int:
        """Take units and return how many remain.

        Raises:
            NotFoundError: the shop does not know the SKU.
            InsufficientStockError: there are fewer; nothing was taken.
            DatabaseError: PostgreSQL failed; nothing was taken, unless
                the connection broke during the commit.
        """
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
