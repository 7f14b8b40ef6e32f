"""Factory: creation that takes a decision gets a name and a place.

Ordering again is more than a constructor: articles may be gone, prices have
changed, and the customer must learn of both. Loading an order from storage is
not creation: that is the repository's work, and takes no decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .money import Money
from .order import Order
from .order_line import OrderLine


@dataclass(frozen=True, slots=True)
class Reorder:
    """A new pending order, and the articles that could not be ordered."""

    order: Order
    unavailable: tuple[str, ...]


def order_again(past: Order, prices: Mapping[str, Money]) -> Reorder:
    """Repeat ``past`` at today's ``prices``, which hold what is for sale.

    Raises:
        OrderRuleError: a price in another currency than that of ``past``, or a
            total that money cannot hold.
        ValueError: one line alone comes to more than money can hold.
    """
    order = Order(customer_id=past.customer_id, currency=past.currency)
    for line in past.lines:
        if line.sku in prices:
            order.add_line(OrderLine(line.sku, line.quantity, prices[line.sku]))
    unavailable = tuple(
        line.sku for line in past.lines if line.sku not in prices
    )
    return Reorder(order, unavailable)
