"""A query service: what a screen shows, straight from SQL.

No aggregate is built to be thrown away, no port stands between: a read
changes nothing, so no rule needs guarding. One statement, only the columns
shown, always with a limit.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..domain_driven_design.money import Money
from .tables import OrderLineRow, OrderRow


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """One row of the screen "my orders"."""

    id: UUID
    status: str
    units: int
    total: Money


class OrderQueries:
    """Reads for screens and reports, in the session given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def summaries(
        self, customer_id: UUID, *, after: UUID | None = None, limit: int = 20
    ) -> list[OrderSummary]:
        """The customer's orders by id; pass the last id for the next page."""
        query = (
            select(
                OrderRow.id,
                OrderRow.status,
                OrderRow.currency,
                func.sum(OrderLineRow.quantity),
                func.sum(OrderLineRow.unit_price * OrderLineRow.quantity),
            )
            .join(OrderRow.lines)
            .where(OrderRow.customer_id == customer_id)
            .group_by(OrderRow.id)
            .order_by(OrderRow.id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(OrderRow.id > after)
        rows = await self._session.execute(query)
        return [
            OrderSummary(order_id, status, units, Money(total, currency))
            for order_id, status, currency, units, total in rows
        ]
