"""Cancel an order: its pieces go back on the shelf, its money to the payer."""

from uuid import UUID

from ..domain.order import cancel
from .order_queries import OrderDetails
from .refund import new_refund
from .unit_of_work import UnitOfWorkFactory


class CancelOrder:
    """Cancels, puts back and starts the refund, or does nothing of it.

    Raises:
        OrderNotFoundError: there is none.
        InvalidReasonError: the reason says nothing.
        OrderNotCancellableError: its status does not allow it.
        OrderChangedError: somebody else changed it meanwhile.
    """

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def __call__(self, order_id: UUID, reason: str) -> OrderDetails:
        async with self._unit_of_work() as work:
            order = await work.orders.get(order_id)
            cancel(order, reason)
            await work.orders.save(order)
            reservation = await work.stock.lock_reservation(order.id)
            stock = await work.stock.lock({line.sku for line in order.lines})
            reservation.release(order.lines, stock)
            await work.stock.save(stock.values())
            await work.stock.save_reservation(reservation)
            await work.sagas.start(new_refund(order))
            await work.commit()
        return OrderDetails.of(order)
