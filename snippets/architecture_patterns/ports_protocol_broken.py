"""Broken: nothing compares the adapter with the port it is meant for."""

from decimal import Decimal


class InvoiceGateway:
    def __init__(self) -> None:
        self.open_invoices: dict[str, Decimal] = {}

    async def charge(self, order_id: str, amount: Decimal) -> str:
        reference = f"invoice-{order_id}"
        self.open_invoices[reference] = amount
        return reference

    async def cancel(self, reference: str) -> None:
        del self.open_invoices[reference]


def payment_gateway() -> InvoiceGateway:
    return InvoiceGateway()
