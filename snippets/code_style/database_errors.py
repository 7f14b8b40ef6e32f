"""Tells "PostgreSQL cannot do it now" from every other error.

It cannot be reached, is overloaded, gave up waiting, or ended this transaction
as a deadlock. Drivers say it in many ways, and what keeps asyncpg from
connecting is not even an error of SQLAlchemy's. Adapters call this, so that
nobody above them has to know. A statement that PostgreSQL refuses is a bug, and
leaves as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import exceptions  # type: ignore[import-untyped]  # has no types
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from .errors import DatabaseError

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


@contextmanager
def database_errors(operation: str) -> Iterator[None]:
    """Raise DatabaseError where the same operation may succeed later.

    The driver's error stays attached as the cause, for the log.
    """
    try:
        yield
    except Exception as error:
        if is_unavailable(error):
            raise database_error(operation, error) from error
        raise


def database_error(operation: str, error: BaseException) -> DatabaseError:
    """What to raise from ``error``, of which `is_unavailable` is true."""
    driver = error.orig if isinstance(error, DBAPIError) else error
    return DatabaseError(
        "The database did not answer",
        operation=operation,
        sqlstate=getattr(driver, "sqlstate", None),
    )


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the operation failed for no fault of its own."""
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
