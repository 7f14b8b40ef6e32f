"""The warehouse to other modules: all that they may import of it."""

from .shelf import Shelf


class InsufficientStockError(Exception):
    """Fewer pieces are for sale than were asked for."""


class Warehouse:
    """Reserves pieces of what is for sale."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}

    def receive(self, sku: str, pieces: int, damaged: int = 0) -> None:
        """Put pieces on their shelf; ``damaged`` of them are not sold."""
        shelf = self._shelves.setdefault(sku, Shelf())
        shelf.on_hand += pieces
        shelf.damaged += damaged

    def reserve(self, sku: str, pieces: int) -> None:
        """Take pieces for an order.

        Raises:
            InsufficientStockError: there are fewer; nothing was taken.
            ValueError: less than one piece, which would add some.
        """
        if pieces < 1:
            raise ValueError(f"Not a number of pieces: {pieces}")
        shelf = self._shelves.get(sku, Shelf())
        if pieces > shelf.for_sale:
            raise InsufficientStockError(f"{sku}: {shelf.for_sale} left")
        shelf.on_hand -= pieces
