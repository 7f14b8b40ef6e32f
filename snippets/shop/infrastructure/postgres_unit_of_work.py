"""One operation on PostgreSQL: one session, one transaction, one commit.

As in Architecture patterns, with the shop's repositories: the events of what
was stored go to the outbox in the same transaction.
"""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from snippets.api_design.idempotency_key import PostgresAnswers
from snippets.architecture_patterns.read_committed import READ_COMMITTED
from snippets.code_style.database_errors import (
    database_error,
    is_unavailable,
)
from snippets.event_driven.outbox_recorder import record_in_outbox

from .postgres_repositories import (
    PostgresCustomers,
    PostgresOrders,
    PostgresProducts,
    PostgresSagas,
    PostgresStock,
)


class PostgresUnitOfWork:
    """Make one for each operation; it refuses to be used for another.

    Raises:
        DatabaseError: on entering or leaving, when PostgreSQL was out
            of reach.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = AsyncSession(
            engine, autobegin=False, close_resets_only=False
        )
        self.customers = PostgresCustomers(self._session)
        self.products = PostgresProducts(self._session)
        self.stock = PostgresStock(self._session)
        self.orders = PostgresOrders(self._session)
        self.sagas = PostgresSagas(self._session)
        self.answers = PostgresAnswers(self._session)

    async def __aenter__(self) -> Self:
        await self._session.begin()
        try:
            await self._session.connection(execution_options=READ_COMMITTED)
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise
        return self

    async def commit(self) -> None:
        await record_in_outbox(self._session, self.orders.events)
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
