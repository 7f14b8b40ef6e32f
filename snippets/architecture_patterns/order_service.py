"""An application service: several steps that commit together, or not at all.

It fetches, calls the domain, stores and commits. It contains no rule: whether
an order may be cancelled is the order's to say. It contains no SQL and no
HTTP either: those are the adapters'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ..domain_driven_design.order import Order
from ..domain_driven_design.order_line import OrderLine
from .new_order import place
from .unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class Replacement:
    """The ids of the order that is gone and of the one in its place."""

    cancelled: UUID
    placed: UUID


class OrderService:
    """What can be done with orders; one transaction for each call."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def cancel(self, order_id: UUID, reason: str) -> None:
        """Cancel one order.

        Raises:
            OrderNotFoundError: there is none.
            OrderRuleError: it is cancelled, or shipped.
        """
        async with self._unit_of_work() as work:
            await _cancel(work, order_id, reason)
            await work.commit()

    async def replace(
        self, order_id: UUID, lines: Sequence[OrderLine]
    ) -> Replacement:
        """Cancel an order and place another for the same customer.

        Raises:
            InvalidOrderError: the new one may not exist; the old one stands.
        """
        async with self._unit_of_work() as work:
            old = await _cancel(work, order_id, "replaced")
            new = place(old.customer_id, lines, old.voucher)
            await work.orders.add(new)
            await work.commit()
        return Replacement(old.id, new.id)


async def _cancel(work: UnitOfWork, order_id: UUID, reason: str) -> Order:
    """A step of both: takes the open unit of work and does not commit."""
    order = await work.orders.get(order_id)
    order.cancel(reason)
    await work.orders.save(order)
    return order
