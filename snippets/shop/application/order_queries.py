"""What clients see of orders, and the port that reads it.

Reading changes nothing, so it goes past the aggregates: see Query service in
Architecture patterns.
"""

from dataclasses import dataclass
from typing import Protocol, Self
from uuid import UUID

from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import Order
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """One row of a list; ``pieces`` is the sum over all lines."""

    id: UUID
    customer_id: UUID
    status: OrderStatus
    pieces: int
    total: Money


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """One order with its lines."""

    id: UUID
    customer_id: UUID
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    total: Money

    @classmethod
    def of(cls, order: Order) -> Self:
        return cls(
            order.id,
            order.customer_id,
            order.status,
            order.lines,
            order.total,
        )


class OrderQueries(Protocol):
    """Reads for screens; sees what was committed."""

    async def details(self, order_id: UUID) -> OrderDetails:
        """Raises OrderNotFoundError if there is none."""
        ...

    async def summaries(
        self,
        *,
        customer_id: UUID | None = None,
        after: UUID | None = None,
        limit: int = 20,
    ) -> list[OrderSummary]:
        """By id, those after ``after`` only: pass the last id for more."""
        ...
