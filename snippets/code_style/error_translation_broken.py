"""Broken: catches everything, so a refusal becomes an outage."""

from sqlalchemy.ext.asyncio import AsyncEngine

from .error_translation import AVAILABLE, RESERVE
from .errors import DatabaseError, InsufficientStockError, NotFoundError


class PostgresShelf:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def reserve(self, sku: str, quantity: int) -> int:
        try:
            async with self._engine.begin() as connection:
                values = {"sku": sku, "quantity": quantity}
                left = await connection.scalar(RESERVE, values)
                if left is not None:
                    return int(left)
                available = await connection.scalar(AVAILABLE, values)
                if available is None:
                    raise NotFoundError(f"There is no {sku}")
                raise InsufficientStockError.of(sku, quantity, available)
        except Exception as error:
            raise DatabaseError(f"Could not reserve {sku}: {error}")
