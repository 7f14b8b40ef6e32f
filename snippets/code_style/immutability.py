"""Values do not change: frozen all the way down, read-only in signatures.

`frozen=True` stops assignment to a field and nothing else. What a field holds
must be immutable too: a tuple, a Decimal, another frozen dataclass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class BasketLine:
    """Some units of one SKU at the price agreed."""

    sku: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """What the customer was shown. It is equal to its copy and hashable."""

    lines: tuple[BasketLine, ...]

    @property
    def total(self) -> Decimal:
        prices = (line.unit_price * line.quantity for line in self.lines)
        return sum(prices, Decimal(0))


def offer(basket: Sequence[BasketLine], shipping: Decimal) -> Offer:
    """The basket with shipping; the basket stays as it was."""
    return Offer((*basket, BasketLine("SHIPPING", 1, shipping)))


def repriced(
    lines: Sequence[BasketLine], prices: Mapping[str, Decimal]
) -> tuple[BasketLine, ...]:
    """The lines at today's prices."""
    return tuple(
        BasketLine(
            line.sku, line.quantity, prices.get(line.sku, line.unit_price)
        )
        for line in lines
    )
