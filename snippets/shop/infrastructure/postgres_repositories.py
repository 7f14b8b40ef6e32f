"""The repositories on PostgreSQL: rows to objects and back, nothing else.

They work in the session they are given and never commit. A row that the domain
does not allow raises UnreadableRowError.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from snippets.architecture_patterns.new_order import is_text
from snippets.architecture_patterns.order_repository import (
    OrderChangedError,
    OrderNotFoundError,
)
from snippets.architecture_patterns.pricing import Tier
from snippets.domain_driven_design.domain_events import OrderEvent
from snippets.domain_driven_design.email_address import EmailAddress
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import Order
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus
from snippets.event_driven.saga import Saga
from snippets.event_driven.saga_store import start

from ..domain.customer import Customer, UnknownCustomerError
from ..domain.product import Product, UnknownProductError
from ..domain.stock import (
    NotStockedError,
    Reservation,
    ReservationStatus,
    StockItem,
)
from .tables import (
    CustomerRow,
    OrderLineRow,
    OrderRow,
    ProductRow,
    ReservationRow,
    StockRow,
)
from .unreadable_rows import reading


class PostgresCustomers:
    """Fits the port `Customers`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, customer_id: UUID) -> Customer:
        rows = await self._session.execute(
            select(CustomerRow.__table__).where(CustomerRow.id == customer_id)
        )
        row = rows.one_or_none()
        if row is None:
            raise UnknownCustomerError(f"There is no customer {customer_id}")
        with reading("customers", customer_id):
            return Customer(
                id=row.id,
                name=row.name,
                email=EmailAddress(row.email),
                tier=Tier(row.tier),
            )


class PostgresProducts:
    """Fits the port `Products`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get_all(self, skus: Collection[str]) -> Mapping[str, Product]:
        rows = await self._session.execute(
            select(ProductRow.__table__).where(
                ProductRow.sku.in_(storable(skus))
            )
        )
        products = {row.sku: to_product(row) for row in rows}
        if unknown := sorted(set(skus) - products.keys()):
            raise UnknownProductError(f"Not sold here: {', '.join(unknown)}")
        return products


class PostgresStock:
    """Fits the port `Stock`. Rows are locked in the order of their SKU, so
    that two orders of the same products cannot wait for each other.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, skus: Collection[str]) -> Mapping[str, StockItem]:
        rows = await self._session.execute(
            select(StockRow.sku, StockRow.on_hand)
            .where(StockRow.sku.in_(storable(skus)))
            .order_by(StockRow.sku)
            .with_for_update()
        )
        on_hand = {row.sku: row.on_hand for row in rows}
        with reading("stock", on_hand):
            return {sku: StockItem(sku, on_hand.get(sku, 0)) for sku in skus}

    async def save(self, items: Iterable[StockItem]) -> None:
        for item in items:
            saved = await self._session.scalar(
                update(StockRow)
                .where(StockRow.sku == item.sku)
                .values(on_hand=item.on_hand)
                .returning(StockRow.sku)
            )
            if saved is None and item.on_hand:
                raise NotStockedError(f"Nowhere to keep {item.sku}")

    async def lock_reservation(self, order_id: UUID) -> Reservation:
        new = Reservation(order_id)
        await self._session.execute(
            insert(ReservationRow)
            .values(order_id=order_id, status=new.status)
            .on_conflict_do_nothing()
        )
        locked = await self._session.execute(
            select(ReservationRow.status)
            .where(ReservationRow.order_id == order_id)
            .with_for_update()
        )
        with reading("reservations", order_id):
            return Reservation(order_id, ReservationStatus(locked.scalar_one()))

    async def save_reservation(self, reservation: Reservation) -> None:
        saved = await self._session.execute(
            update(ReservationRow)
            .where(ReservationRow.order_id == reservation.order_id)
            .values(status=reservation.status)
            .returning(ReservationRow.order_id)
        )
        saved.one()  # it was locked


class PostgresSagas:
    """Fits the port `Sagas`: a row in the same transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def start(self, saga: Saga) -> None:
        await start(await self._session.connection(), saga)


class PostgresOrders:
    """Fits the port `Orders`; the unit of work keeps the events it collects.

    A save names the version that was read: see Optimistic version in
    Domain-driven design.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._versions: dict[UUID, int] = {}
        self.events: list[OrderEvent] = []

    async def add(self, order: Order) -> None:
        connection = await self._session.connection()
        await connection.execute(
            insert(OrderRow),
            {
                "id": order.id,
                "customer_id": order.customer_id,
                "currency": order.currency,
                "status": order.status,
                "version": 1,
            },
        )
        await connection.execute(
            insert(OrderLineRow),
            [
                {
                    "order_id": order.id,
                    "position": position,
                    "sku": line.sku,
                    "quantity": line.quantity,
                    "unit_price": line.unit_price.amount,
                }
                for position, line in enumerate(order.lines)
            ],
        )
        self._versions[order.id] = 1
        self.events += order.pull_events()

    async def get(self, order_id: UUID) -> Order:
        row = await self._session.get(
            OrderRow, order_id, options=[selectinload(OrderRow.lines)]
        )
        if row is None:
            raise OrderNotFoundError(f"There is no order {order_id}")
        self._versions[order_id] = row.version
        with reading("orders", order_id):
            return Order.restore(
                row.id,
                row.customer_id,
                row.currency,
                OrderStatus(row.status),
                [to_line(line, row.currency) for line in row.lines],
            )

    async def save(self, order: Order) -> None:
        version = self._versions[order.id]
        saved = await self._session.scalar(
            update(OrderRow)
            .where(OrderRow.id == order.id, OrderRow.version == version)
            .values(status=order.status, version=version + 1)
            .returning(OrderRow.version)
        )
        if saved is None:
            raise OrderChangedError(f"Order {order.id} was changed meanwhile")
        self._versions[order.id] = saved
        self.events += order.pull_events()


def storable(skus: Collection[str]) -> list[str]:
    """Those that a row may have: a NUL in one would be an error."""
    return [sku for sku in skus if is_text(sku)]


def to_product(row: Row[Any]) -> Product:
    """The product that a row holds."""
    with reading("products", row.sku):
        return Product(row.sku, row.name, Money(row.price, row.currency))


def to_line(row: OrderLineRow, currency: str) -> OrderLine:
    """The line that a row holds, of an order in ``currency``."""
    return OrderLine(row.sku, row.quantity, Money(row.unit_price, currency))
