"""Stock: the pieces of one article that are still for sale.

An aggregate of its own, since it changes with every order and a product
hardly ever. Domain-driven design has a stock item too, but in one module with
its repository: this layer may not import that.
"""

from dataclasses import dataclass

from snippets.architecture_patterns.errors import ConflictError


class InsufficientStockError(ConflictError):
    """More pieces were ordered than are on hand."""

    code = "insufficient-stock"


@dataclass(slots=True)
class StockItem:
    """``on_hand`` is never negative."""

    sku: str
    on_hand: int

    def take(self, pieces: int) -> None:
        """Take pieces off the shelf for an order.

        Raises:
            InsufficientStockError: there are fewer; nothing was taken.
        """
        if pieces > self.on_hand:
            raise InsufficientStockError(
                f"Only {self.on_hand} of {self.sku} left"
            )
        self.on_hand -= pieces

    def put_back(self, pieces: int) -> None:
        """Put pieces back that an order took and will not get."""
        self.on_hand += pieces
