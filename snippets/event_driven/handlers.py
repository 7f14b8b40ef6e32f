"""Handlers: what one consumer does about one kind of event."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from .typed_events import OrderCancelledMessage, OrderPlacedMessage


class StockPort(Protocol):
    """What the handlers need of the stock."""

    async def reserve(
        self, order_id: UUID, quantities: Mapping[str, int]
    ) -> None:
        """Reserve for this order; the second time, change nothing."""
        ...

    async def release(self, order_id: UUID) -> None:
        """Give back what this order reserved, if it did."""
        ...


class ReserveStock:
    """Idempotent by the order's id. Raises what `StockPort` raises."""

    def __init__(self, stock: StockPort) -> None:
        self._stock = stock

    async def __call__(self, event: OrderPlacedMessage) -> None:
        quantities: dict[str, int] = {}
        for line in event.lines:
            quantities[line.sku] = quantities.get(line.sku, 0) + line.quantity
        await self._stock.reserve(event.order_id, quantities)


class ReleaseStock:
    """Idempotent by the order's id. Raises what `StockPort` raises."""

    def __init__(self, stock: StockPort) -> None:
        self._stock = stock

    async def __call__(self, event: OrderCancelledMessage) -> None:
        await self._stock.release(event.order_id)
