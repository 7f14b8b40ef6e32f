"""Composition root of one consumer: the only place that names classes."""

import asyncio
from collections.abc import Mapping
from typing import Any

from .event_bus import EventBus
from .handler_registry import HandlerRegistry
from .handlers import ReleaseStock, ReserveStock, StockPort
from .typed_events import OrderCancelledMessage, OrderPlacedMessage
from .upcasting import Upcasters


def one_line_to_lines(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Version 1 of order.placed knew orders of one article only."""
    line = {"sku": data["sku"], "quantity": data["quantity"]}
    return {"order_id": data["order_id"], "lines": [line]}


def stock_handlers(stock: StockPort) -> HandlerRegistry:
    """All that the consumer ``stock`` does; read it to know what happens."""
    registry = HandlerRegistry(
        Upcasters({OrderPlacedMessage.type: {1: one_line_to_lines}})
    )
    registry.register(OrderPlacedMessage, ReserveStock(stock))
    registry.register(OrderCancelledMessage, ReleaseStock(stock))
    return registry


async def consume(bus: EventBus, stock: StockPort, stop: asyncio.Event) -> None:
    """Handle events until ``stop`` is set; a broken subscription raises."""
    registry = stock_handlers(stock)
    async with bus.subscribe("stock", registry.event_types, registry.handle):
        await stop.wait()
