"""Broken: adds to the list it was lent, and freezes a list it does not own."""

from dataclasses import dataclass
from decimal import Decimal

from .immutability import BasketLine


@dataclass(frozen=True)
class Offer:
    lines: list[BasketLine]

    @property
    def total(self) -> Decimal:
        prices = (line.unit_price * line.quantity for line in self.lines)
        return sum(prices, Decimal(0))


def offer(basket: list[BasketLine], shipping: Decimal) -> Offer:
    basket.append(BasketLine("SHIPPING", 1, shipping))
    return Offer(basket)
