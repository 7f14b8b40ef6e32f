"""Cancel an order: what it took goes back on the shelf."""

from uuid import UUID

from ..domain.order import cancel
from .order_queries import OrderDetails
from .unit_of_work import UnitOfWorkFactory


class CancelOrder:
    """Cancels the order and puts its pieces back, or does neither.

    Raises:
        OrderNotFoundError: there is none.
        OrderNotCancellableError: it is shipped, or cancelled already.
        OrderChangedError: somebody else changed it meanwhile.
    """

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def __call__(self, order_id: UUID, reason: str) -> OrderDetails:
        async with self._unit_of_work() as work:
            order = await work.orders.get(order_id)
            cancel(order, reason)
            await work.orders.save(order)
            stock = await work.stock.lock({line.sku for line in order.lines})
            for line in order.lines:
                stock[line.sku].put_back(line.quantity)
            await work.stock.save(stock.values())
            await work.commit()
        return OrderDetails.of(order)
