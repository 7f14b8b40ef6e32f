"""The order as a saga: place, reserve, charge (the pivot), confirm."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from .participants import (
    CENTS,
    PIECES,
    Orders,
    Payments,
    Stock,
    require_amount,
    require_text,
)
from .saga import Saga, SagaDefinition, Step, UndoableStep

Data = Mapping[str, Any]


def new_order_saga(order_id: UUID, sku: str, pieces: int, cents: int) -> Saga:
    """One saga for each order, under the order's id.

    Raises:
        RefusedError: ``pieces`` or ``cents`` is no amount, or ``sku`` no text.
    """
    require_text(sku)
    require_amount(pieces, PIECES)
    require_amount(cents, CENTS)
    return Saga(
        id=order_id,
        name="order",
        data={
            "order_id": str(order_id),
            "sku": sku,
            "pieces": pieces,
            "cents": cents,
        },
    )


class OrderSteps:
    """What the saga asks of whom; the participants do not know each other."""

    def __init__(
        self, orders: Orders, stock: Stock, payments: Payments
    ) -> None:
        self._orders = orders
        self._stock = stock
        self._payments = payments

    def definition(self) -> SagaDefinition:
        """The whole flow, in one place."""
        return SagaDefinition(
            name="order",
            undoable=(
                UndoableStep("place_order", self._place, self._cancel),
                UndoableStep("reserve_stock", self._reserve, self._release),
            ),
            pivot=Step("charge_payment", self._charge),
            forward=(Step("confirm_order", self._confirm),),
        )

    async def _place(self, _: str, data: Data) -> None:
        await self._orders.place(UUID(data["order_id"]))

    async def _cancel(self, _: str, data: Data) -> None:
        await self._orders.cancel(UUID(data["order_id"]))

    async def _reserve(self, key: str, data: Data) -> None:
        await self._stock.reserve(key, data["sku"], data["pieces"])

    async def _release(self, key: str, _: Data) -> None:
        await self._stock.release(key)

    async def _charge(self, key: str, data: Data) -> None:
        await self._payments.charge(key, data["cents"])

    async def _confirm(self, _: str, data: Data) -> None:
        await self._orders.confirm(UUID(data["order_id"]))
