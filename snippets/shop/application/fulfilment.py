"""What follows when an order is placed: reserve, charge, confirm.

A saga, because the provider has no part in our transactions. Refused, it goes
back: the pieces are released and the order is cancelled.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from snippets.domain_driven_design.order import Order
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus
from snippets.event_driven.participants import RefusedError
from snippets.event_driven.saga import (
    Saga,
    SagaDefinition,
    Step,
    UndoableStep,
)

from ..domain.stock import Reservation, ReservationStatus, StockItem
from .payments import Payments
from .unit_of_work import UnitOfWorkFactory

Data = Mapping[str, Any]
StockChange = Callable[
    [Reservation, Iterable[OrderLine], Mapping[str, StockItem]], None
]


def new_fulfilment(order: Order) -> Saga:
    """One for each order, under its id."""
    return Saga(
        id=order.id, name="fulfilment", data={"order_id": str(order.id)}
    )


class Fulfilment:
    """Every step may be repeated; none holds a transaction over the charge."""

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, payments: Payments
    ) -> None:
        self._unit_of_work = unit_of_work
        self._payments = payments

    def definition(self) -> SagaDefinition:
        """The whole flow; the charge is its pivot."""
        return SagaDefinition(
            name="fulfilment",
            undoable=(
                UndoableStep("place_order", self._placed, self._cancel),
                UndoableStep("reserve_stock", self._reserve, self._release),
            ),
            pivot=Step("charge_payment", self._charge),
            forward=(Step("confirm_order", self._confirm),),
        )

    async def _placed(self, _: str, data: Data) -> None:
        """Done: the saga began in the transaction that stored the order."""

    async def _cancel(self, _: str, data: Data) -> None:
        await self._close(
            data, lambda order: order.cancel("Out of stock, or not paid")
        )

    async def _reserve(self, _: str, data: Data) -> None:
        reservation = await self._change_stock(data, Reservation.hold)
        if reservation.status is not ReservationStatus.HELD:
            raise RefusedError(f"The pieces were {reservation.status}")

    async def _release(self, _: str, data: Data) -> None:
        await self._change_stock(data, Reservation.release)

    async def _charge(self, _: str, data: Data) -> None:
        async with self._unit_of_work() as work:
            order = await work.orders.get(UUID(data["order_id"]))
        await self._payments.charge(order.id, order.total)

    async def _confirm(self, _: str, data: Data) -> None:
        await self._close(data, Order.confirm)

    async def _change_stock(
        self, data: Data, change: StockChange
    ) -> Reservation:
        async with self._unit_of_work() as work:
            order = await work.orders.get(UUID(data["order_id"]))
            reservation = await work.stock.lock_reservation(order.id)
            stock = await work.stock.lock({line.sku for line in order.lines})
            change(reservation, order.lines, stock)
            await work.stock.save(stock.values())
            await work.stock.save_reservation(reservation)
            await work.commit()
        return reservation

    async def _close(self, data: Data, change: Callable[[Order], None]) -> None:
        async with self._unit_of_work() as work:
            order = await work.orders.get(UUID(data["order_id"]))
            if order.status is OrderStatus.PENDING:  # not so in a repeat
                change(order)
                await work.orders.save(order)
                await work.commit()
