"""One repository for every table: little code, and no opinion about the data.

Fit for reference data, whose rows have no rules: products, countries, tax
rates. It hands out rows and every caller may do everything with them.
"""

from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ..domain_driven_design.persistence import Base

Row = TypeVar("Row", bound=Base)


class GenericRepository(Generic[Row]):
    """Create, read and delete rows of one table, in the session given."""

    def __init__(self, session: AsyncSession, row_type: type[Row]) -> None:
        self._session = session
        self._row_type = row_type

    async def get(self, key: object) -> Row | None:
        return await self._session.get(self._row_type, key)

    async def page(self, *, after: object = None, limit: int = 50) -> list[Row]:
        """Rows by primary key. Never all of them: tables grow.

        Raises:
            ValueError: the primary key has several columns.
        """
        (key,) = self._row_type.__mapper__.primary_key
        query = select(self._row_type).order_by(key).limit(limit)
        if after is not None:
            query = query.where(key > after)
        return list(await self._session.scalars(query))

    def add(self, row: Row) -> None:
        self._session.add(row)

    async def delete(self, row: Row) -> None:
        await self._session.delete(row)
