"""Handlers: one event, one effect, however often it comes."""

from uuid import uuid4

from snippets.event_driven.handlers import ReleaseStock, ReserveStock
from snippets.event_driven.typed_events import (
    OrderCancelledMessage,
    OrderedItem,
    OrderPlacedMessage,
)


class StockInMemory:
    """Fits the port `StockPort`."""

    def __init__(self):
        self.reserved = {}

    async def reserve(self, order_id, quantities):
        self.reserved.setdefault(order_id, quantities)

    async def release(self, order_id):
        self.reserved.pop(order_id, None)


async def test_lines_of_one_article_are_reserved_together():
    stock, order_id = StockInMemory(), uuid4()
    lines = (
        OrderedItem(sku="TEA-1", quantity=2),
        OrderedItem(sku="POT-1", quantity=1),
        OrderedItem(sku="TEA-1", quantity=3),
    )

    await ReserveStock(stock)(
        OrderPlacedMessage(order_id=order_id, lines=lines)
    )

    assert stock.reserved == {order_id: {"TEA-1": 5, "POT-1": 1}}


async def test_a_cancelled_order_gives_back_what_it_reserved():
    stock, order_id = StockInMemory(), uuid4()
    stock.reserved[order_id] = {"TEA-1": 5}

    await ReleaseStock(stock)(OrderCancelledMessage(order_id=order_id))

    assert stock.reserved == {}
