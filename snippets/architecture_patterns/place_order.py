"""A use case: one thing a customer can do, in the words of the shop.

It fetches, lets the domain decide, stores and commits. What it needs from
outside it declares as ports, so that it runs as well in a test, a consumer of
messages or a command line as behind a route.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from ..code_style.errors import DomainError
from ..domain_driven_design.money import Money
from ..domain_driven_design.order import Order
from ..domain_driven_design.order_line import OrderLine
from .new_order import place
from .unit_of_work import UnitOfWorkFactory


class UnknownSkuError(DomainError):
    """The shop does not sell this."""

    code = "unknown-sku"


class PriceList(Protocol):
    """Today's prices."""

    async def of(self, skus: Collection[str]) -> Mapping[str, Money]:
        """The prices of those SKUs that are sold."""
        ...


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What the customer says: no price, no total, no id."""

    customer_id: UUID
    quantities: Mapping[str, int]
    voucher: str | None = None


class PlaceOrder:
    """Store a new order at today's prices.

    Raises:
        UnknownSkuError: something is not sold.
        InvalidOrderError: no line, or too many units.
    """

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, prices: PriceList
    ) -> None:
        self._unit_of_work = unit_of_work
        self._prices = prices

    async def __call__(self, new: NewOrder) -> Order:
        prices = await self._prices.of(new.quantities.keys())
        if unknown := sorted(new.quantities.keys() - prices.keys()):
            raise UnknownSkuError(f"Not sold here: {', '.join(unknown)}")
        order = place(
            new.customer_id,
            tuple(
                OrderLine(sku, quantity, prices[sku])
                for sku, quantity in new.quantities.items()
            ),
            new.voucher,
        )
        async with self._unit_of_work() as work:
            await work.orders.add(order)
            await work.commit()
        return order
