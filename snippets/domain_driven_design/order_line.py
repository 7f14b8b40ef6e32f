"""Order line: a value object inside an aggregate.

It guards what one line can know by itself. What needs the other lines is
guarded by the order.
"""

from dataclasses import dataclass

from .money import Money


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Some pieces of one article at the price agreed for each.

    Raises:
        ValueError: fewer than one piece, or a negative price.
    """

    sku: str
    quantity: int
    unit_price: Money

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"A line has at least one piece: {self.quantity}")
        if self.unit_price.amount < 0:
            raise ValueError(f"A price is not negative: {self.unit_price}")

    @property
    def total(self) -> Money:
        return self.unit_price * self.quantity
