"""Orders for screens, straight from SQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import selectinload

from snippets.architecture_patterns.order_repository import OrderNotFoundError
from snippets.code_style.database_errors import database_errors
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_status import OrderStatus

from ..application.order_queries import OrderDetails, OrderSummary
from .postgres_repositories import to_line
from .tables import OrderLineRow, OrderRow
from .unreadable_rows import reading


class PostgresOrderQueries:
    """Fits the port `OrderQueries`; each call is one short transaction.

    Raises:
        DatabaseError: PostgreSQL is out of reach.
        UnreadableRowError: an order is stored that the domain does not allow. A
            list without it would tell the customer that it is gone.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def details(self, order_id: UUID) -> OrderDetails:
        async with self._reading() as session:
            row = await session.get(
                OrderRow, order_id, options=[selectinload(OrderRow.lines)]
            )
        if row is None:
            raise OrderNotFoundError(f"There is no order {order_id}")
        with reading("orders", order_id):
            lines = tuple(to_line(line, row.currency) for line in row.lines)
            return OrderDetails(
                row.id,
                row.customer_id,
                OrderStatus(row.status),
                lines,
                sum((line.total for line in lines), Money.of(0, row.currency)),
            )

    async def summaries(
        self,
        *,
        customer_id: UUID | None = None,
        after: UUID | None = None,
        limit: int = 20,
    ) -> list[OrderSummary]:
        query = (
            select(
                OrderRow,
                func.sum(OrderLineRow.quantity),
                func.sum(OrderLineRow.unit_price * OrderLineRow.quantity),
            )
            .join(OrderRow.lines)
            .group_by(OrderRow.id)
            .order_by(OrderRow.id)
            .limit(limit)
        )
        if customer_id is not None:
            query = query.where(OrderRow.customer_id == customer_id)
        if after is not None:
            query = query.where(OrderRow.id > after)
        async with self._reading() as session:
            rows = await session.execute(query)
            return [to_summary(*row) for row in rows]

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncSession]:
        with database_errors("read orders"):
            async with AsyncSession(self._engine) as session:
                yield session


def to_summary(row: OrderRow, pieces: int, total: Decimal) -> OrderSummary:
    """One order of a list."""
    with reading("orders", row.id):
        return OrderSummary(
            row.id,
            row.customer_id,
            OrderStatus(row.status),
            pieces,
            Money(total, row.currency),
        )
