"""What follows when a paid order is cancelled: the money goes back.

A saga of one step, which is repeated until the provider has done it.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from snippets.domain_driven_design.order import Order
from snippets.event_driven.saga import Saga, SagaDefinition, Step

from .payments import Payments


def new_refund(order: Order) -> Saga:
    """One for each order, under an id made of the order's."""
    return Saga(
        id=uuid5(order.id, "refund"),
        name="refund",
        data={"order_id": str(order.id)},
    )


class Refund:
    """Nothing can be refused here, so there is nothing to undo."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    def definition(self) -> SagaDefinition:
        return SagaDefinition(
            name="refund",
            undoable=(),
            pivot=Step("refund_payment", self._refund),
        )

    async def _refund(self, _: str, data: Mapping[str, Any]) -> None:
        await self._payments.refund(UUID(data["order_id"]))
