"""A port as a Protocol: whatever has these methods fits, without naming it.

Choose it by default. The port belongs to the code that calls it, so it lists
what that code needs and no more; the type checker proves that adapters fit,
where they are handed over.
"""

from decimal import Decimal
from typing import Protocol


class PaymentGateway(Protocol):
    """What checkout needs of a payment provider."""

    async def charge(self, order_id: str, amount: Decimal) -> str:
        """Charge ``amount`` and return the provider's reference."""
        ...

    async def refund(self, reference: str) -> None:
        """Give back what ``reference`` charged."""
        ...


class InvoiceGateway:
    """Fits the port, inherits nothing: it could come from a library."""

    def __init__(self) -> None:
        self.open_invoices: dict[str, Decimal] = {}

    async def charge(self, order_id: str, amount: Decimal) -> str:
        reference = f"invoice-{order_id}"
        self.open_invoices[reference] = amount
        return reference

    async def refund(self, reference: str) -> None:
        del self.open_invoices[reference]


def payment_gateway() -> PaymentGateway:
    """Where mypy compares the adapter with the port."""
    return InvoiceGateway()
