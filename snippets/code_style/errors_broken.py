"""Broken: the constructor's arguments are not the exception's `args`."""


class InsufficientStockError(Exception):
    def __init__(self, sku: str, requested: int, available: int) -> None:
        super().__init__(f"Only {available} of {sku} left")
        self.sku = sku
        self.requested = requested
        self.available = available
