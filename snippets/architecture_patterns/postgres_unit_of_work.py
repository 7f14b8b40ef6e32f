"""One operation on PostgreSQL: one session, one transaction, one commit.

The events of what was stored are recorded in the same transaction: they are
exactly as durable as the change they tell of.
"""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..code_style.database_errors import database_error, is_unavailable
from .event_recorder import EventRecorder
from .postgres_order_repository import PostgresOrderRepository

# For each connection: as the option of an engine, it would lose against an
# option of the engine that this one is made from.
READ_COMMITTED = {"isolation_level": "READ COMMITTED"}


class PostgresUnitOfWork:
    """Make one for each operation; it refuses to be used for another.

    Raises:
        DatabaseError: on entering or leaving, when PostgreSQL was out
            of reach.
    """

    def __init__(self, engine: AsyncEngine, record: EventRecorder) -> None:
        self._session = AsyncSession(
            engine,
            autobegin=False,  # nothing happens outside the block
            close_resets_only=False,  # and nothing after it
            expire_on_commit=False,
        )
        self._record = record
        self.orders = PostgresOrderRepository(self._session)

    async def __aenter__(self) -> Self:
        await self._session.begin()
        try:
            await self._session.connection(execution_options=READ_COMMITTED)
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise
        return self

    async def commit(self) -> None:
        await self._record(self._session, self.orders.events)
        await self._session.commit()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(DBAPIError):  # a lost connection has rolled back already
            await asyncio.shield(self._session.close())
        if error is not None and is_unavailable(error):
            raise database_error("unit of work", error) from error
