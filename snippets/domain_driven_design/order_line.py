"""Order line: a value object inside an aggregate.

It guards what one line can know by itself. What needs the other lines is
guarded by the order.
"""

from dataclasses import dataclass

from ..code_style.storable_text import is_storable
from .money import Money


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Some pieces of one article at the price agreed for each.

    Raises:
        TypeError: pieces that are not a whole number.
        ValueError: no SKU, or one that no table can hold; fewer than one piece,
            a negative price, or a total that money cannot hold.
    """

    sku: str
    quantity: int
    unit_price: Money

    def __post_init__(self) -> None:
        if not self.sku or not is_storable(self.sku):
            raise ValueError(f"Not an article: {self.sku!r:.100}")
        if type(self.quantity) is not int:  # True and NaN are not below 1
            raise TypeError(f"Not a whole number: {self.quantity!r}")
        if self.quantity < 1:
            raise ValueError(f"A line has at least one piece: {self.quantity}")
        if self.total.amount < 0:
            raise ValueError(f"A price is not negative: {self.unit_price}")

    @property
    def total(self) -> Money:
        return self.unit_price * self.quantity
