"""Orders on PostgreSQL: turns rows into aggregates and back, nothing else.

It works in the session it is given and never commits. No row leaves it, so
nothing outside can load lazily, expire or be flushed by accident.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from ..domain_driven_design.domain_events import OrderEvent
from ..domain_driven_design.money import Money
from ..domain_driven_design.order import Order
from ..domain_driven_design.order_line import OrderLine
from ..domain_driven_design.order_status import OrderStatus
from .order_repository import (
    DuplicateOrderError,
    OrderChangedError,
    OrderNotFoundError,
)
from .tables import OrderLineRow, OrderRow

ORDER_EXISTS = "orders_pkey"  # as PostgreSQL names the primary key
WITH_LINES = selectinload(OrderRow.lines)


class PostgresOrderRepository:
    """Collects the events of what it stores; the unit of work keeps them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        # The session holds rows weakly. Kept here, each stays at the version
        # that was read, and `save` notices if another one has come since.
        self._read: list[OrderRow] = []
        self.events: list[OrderEvent] = []

    async def add(self, order: Order) -> None:
        self._session.add(to_row(order))
        try:
            await self._session.flush()
        except IntegrityError as error:
            cause = getattr(error.orig, "__cause__", None)  # asyncpg's own
            if getattr(cause, "constraint_name", None) != ORDER_EXISTS:
                raise
            raise DuplicateOrderError(
                f"Order {order.id} exists already"
            ) from error
        self.events += order.pull_events()

    async def get(self, order_id: UUID) -> Order:
        return to_order(await self._row(order_id))

    async def save(self, order: Order) -> None:
        row = await self._row(order.id)
        await self._session.merge(to_row(order))
        flag_modified(row, "status")  # new lines are a new version too
        try:
            await self._session.flush()
        except StaleDataError as error:
            raise OrderChangedError(
                f"Order {order.id} was changed meanwhile"
            ) from error
        self.events += order.pull_events()

    async def open_orders_of(self, customer_id: UUID) -> list[Order]:
        rows = await self._session.scalars(
            select(OrderRow)
            .where(OrderRow.customer_id == customer_id)
            .where(OrderRow.status != OrderStatus.CANCELLED)
            .order_by(OrderRow.id)
            .options(WITH_LINES)
        )
        found = rows.all()
        self._read += found
        return [to_order(row) for row in found]

    async def _row(self, order_id: UUID) -> OrderRow:
        row = await self._session.get(OrderRow, order_id, options=[WITH_LINES])
        if row is None:
            raise OrderNotFoundError(f"There is no order {order_id}")
        self._read.append(row)
        return row


def to_row(order: Order) -> OrderRow:
    """The rows that hold an order."""
    return OrderRow(
        id=order.id,
        customer_id=order.customer_id,
        currency=order.currency,
        status=order.status,
        voucher=order.voucher,
        lines=[
            OrderLineRow(
                order_id=order.id,
                position=position,
                sku=line.sku,
                quantity=line.quantity,
                unit_price=line.unit_price.amount,
            )
            for position, line in enumerate(order.lines)
        ],
    )


def to_order(row: OrderRow) -> Order:
    """The order that the rows hold; nothing has happened to it."""
    return Order.restore(
        row.id,
        row.customer_id,
        row.currency,
        OrderStatus(row.status),
        [
            OrderLine(
                line.sku, line.quantity, Money(line.unit_price, row.currency)
            )
            for line in row.lines
        ],
        row.voucher,
    )
