"""Broken: one unit of work for the process; requests share a transaction."""

from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .postgres_order_repository import PostgresOrderRepository


class UnitOfWork:
    def __init__(self, engine: AsyncEngine) -> None:
        self._session = AsyncSession(engine, expire_on_commit=False)
        self.orders = PostgresOrderRepository(self._session)

    async def __aenter__(self) -> Self:
        return self

    async def commit(self) -> None:
        await self._session.commit()

    async def __aexit__(self, *exc_info: object) -> None:
        await self._session.rollback()


def unit_of_work_factory(engine: AsyncEngine):
    unit_of_work = UnitOfWork(engine)
    return lambda: unit_of_work
