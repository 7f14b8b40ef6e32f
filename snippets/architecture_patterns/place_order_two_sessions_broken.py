"""Broken: takes a second connection while it holds the first one."""

from ..domain_driven_design.order import Order
from ..domain_driven_design.order_line import OrderLine
from .new_order import place
from .place_order import NewOrder, PriceList, UnknownSkuError
from .unit_of_work import UnitOfWorkFactory


class PlaceOrder:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, prices: PriceList
    ) -> None:
        self._unit_of_work = unit_of_work
        self._prices = prices

    async def __call__(self, new: NewOrder) -> Order:
        async with self._unit_of_work() as work:
            open_orders = await work.orders.open_orders_of(new.customer_id)
            if any(order.voucher == new.voucher for order in open_orders):
                new = NewOrder(new.customer_id, new.quantities)
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
            await work.orders.add(order)
            await work.commit()
        return order
