"""Broken: hands out ORM rows, which stop working when their session closes."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .order_repository import OrderNotFoundError
from .tables import OrderRow


class OrderReader:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, order_id: UUID) -> OrderRow:
        async with AsyncSession(self._engine) as session:
            order = await session.get(OrderRow, order_id)
            if order is None:
                raise OrderNotFoundError(f"There is no order {order_id}")
            return order
