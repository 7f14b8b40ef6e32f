"""Tells "PostgreSQL cannot be reached or is overloaded" from every other error.

Drivers say it in many ways; asyncpg's refused connection is not even an error
of SQLAlchemy's. Adapters call this, so that nobody above them has to know.
"""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from .errors import InfrastructureError

# SQLSTATE classes: connection, insufficient resources, operator intervention.
UNAVAILABLE = ("08", "53", "57P")


class StorageUnavailableError(InfrastructureError):
    """The database did not answer; the same operation may succeed later."""


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the operation failed for no fault of its own."""
    if isinstance(error, DBAPIError):
        sqlstate = getattr(error.orig, "sqlstate", None)
        if sqlstate is None:  # the server never spoke
            return isinstance(error, InterfaceError | OperationalError)
        return str(sqlstate).startswith(UNAVAILABLE)
    return isinstance(error, ConnectionError | PoolTimeoutError)
