"""Translation: above the adapter, an outage is an error of the shop's.

`database_errors` wraps each call that talks to PostgreSQL. The driver's error
stays attached as the cause, for the log. A statement that PostgreSQL refuses
is a bug, and leaves as it is.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import exceptions  # type: ignore[import-untyped]  # has no types
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from .errors import DatabaseError, InsufficientStockError, NotFoundError

# SQLSTATEs, whole or by their class (PostgreSQL 18, appendix A).
UNAVAILABLE = (
    "08",  # the connection
    "25006",  # a standby, which only reads
    "25P03",  # the session was idle, or its transaction open, for too long
    "25P04",
    "40",  # rolled back: a deadlock, a serialization failure
    "53",  # insufficient resources
    "55P03",  # a lock was not to be had in time
    "57",  # an operator, or statement_timeout
    "58",  # the system below it
)

RESERVE = text(
    "update stock set available = available - :quantity"
    " where sku = :sku and available >= :quantity returning available"
)
MOST = 2**31 - 1
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL, half of a surrogate pair
AVAILABLE = text("select available from stock where sku = :sku")


@contextmanager
def database_errors(operation: str) -> Iterator[None]:
    """Raise DatabaseError if PostgreSQL is out of reach, lost or overloaded."""
    try:
        yield
    except Exception as error:
        if not is_unavailable(error):
            raise
        driver = error.orig if isinstance(error, DBAPIError) else error
        raise DatabaseError(
            "The database did not answer",
            operation=operation,
            sqlstate=getattr(driver, "sqlstate", None),
        ) from error


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the same operation may succeed later."""
    driver = error
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        driver = error.driver_exception
    sqlstate = getattr(driver, "sqlstate", None)
    if sqlstate is not None:
        return str(sqlstate).startswith(UNAVAILABLE)
    if isinstance(driver, exceptions.InterfaceError):  # or a bug of ours
        return "connection is closed" in str(driver)
    if isinstance(driver, OSError):
        return driver.filename is None  # one of a file names it
    if isinstance(driver, exceptions.TargetServerAttributeNotMatched):
        return True
    return isinstance(error, OperationalError | PoolTimeoutError)


class PostgresStock:
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
        if UNSTORABLE.search(sku):
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
