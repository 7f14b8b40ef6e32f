"""Checkout asks the warehouse, through its api."""

from ..warehouse.api import Warehouse


class Checkout:
    """Orders pieces of an article."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def order(self, sku: str, pieces: int) -> None:
        """Raises InsufficientStockError if there are too few."""
        self._warehouse.reserve(sku, pieces)
