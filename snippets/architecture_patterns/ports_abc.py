"""A port as an abstract base class: adapters name it, and Python enforces it.

Choose it when the port brings code of its own: here the rule that nobody
charges nothing, which no adapter has to remember.
"""

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import final


class PaymentGateway(ABC):
    """Takes and gives back money; an adapter knows one provider."""

    @final
    async def charge(self, order_id: str, amount: Decimal) -> str:
        """Charge ``amount`` and return the provider's reference.

        Raises:
            ValueError: ``amount`` is not positive.
        """
        if amount <= 0:
            raise ValueError("A charge is positive")
        return await self._charge(order_id, amount)

    @abstractmethod
    async def _charge(self, order_id: str, amount: Decimal) -> str: ...

    @abstractmethod
    async def refund(self, reference: str) -> None: ...


class InvoiceGateway(PaymentGateway):
    """No provider at all: the customer pays by invoice."""

    def __init__(self) -> None:
        self.open_invoices: dict[str, Decimal] = {}

    async def _charge(self, order_id: str, amount: Decimal) -> str:
        reference = f"invoice-{order_id}"
        self.open_invoices[reference] = amount
        return reference

    async def refund(self, reference: str) -> None:
        del self.open_invoices[reference]
