"""Tells "PostgreSQL cannot do it now" from every other error.

It cannot be reached, is overloaded, or ended this transaction as a deadlock.
Drivers say it in many ways; what keeps asyncpg from connecting is not even an
error of SQLAlchemy's. Adapters call this, so that nobody above them has to
know.
"""

from socket import gaierror

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from .errors import InfrastructureError

# SQLSTATE classes: connection, transaction rollback (a deadlock), insufficient
# resources, operator intervention.
UNAVAILABLE = ("08", "40", "53", "57P")


class StorageUnavailableError(InfrastructureError):
    """The database could not; the same operation may succeed later."""


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the operation failed for no fault of its own."""
    if isinstance(error, DBAPIError):
        sqlstate = getattr(error.orig, "sqlstate", None)
        if sqlstate is None:  # the server never spoke
            lost = error.connection_invalidated
            return lost or isinstance(error, OperationalError)
        return str(sqlstate).startswith(UNAVAILABLE)
    # A plain OSError: no route to the host, or a name with several addresses
    # of which none answers. Those of files have classes of their own.
    return type(error) is OSError or isinstance(
        error, ConnectionError | TimeoutError | gaierror | PoolTimeoutError
    )
