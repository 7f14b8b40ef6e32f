"""Broken: adds to the list it was lent, and freezes a list it does not own."""

from dataclasses import dataclass
from decimal import Decimal

from .immutability import OrderLine


@dataclass(frozen=True)
class Quote:
    lines: list[OrderLine]

    @property
    def total(self) -> Decimal:
        prices = (line.unit_price * line.quantity for line in self.lines)
        return sum(prices, Decimal(0))


def quote(basket: list[OrderLine], shipping: Decimal) -> Quote:
    basket.append(OrderLine("SHIPPING", 1, shipping))
    return Quote(basket)
