"""The tables of the shop. Only adapters on PostgreSQL import this module.

Outbox and sagas are those of Event-driven architecture, so that its relay and
its runner work on what the shop leaves there; answers are those of API design.
"""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    MetaData,
    Numeric,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from snippets.api_design.idempotency_key import IdempotencyKeyRow
from snippets.architecture_patterns.new_order import LIMIT, MAX_UNITS
from snippets.architecture_patterns.pricing import Tier
from snippets.domain_driven_design.money import MINOR_DIGITS
from snippets.domain_driven_design.order_status import OrderStatus
from snippets.event_driven.outbox import OutboxCounterRow, OutboxRow
from snippets.event_driven.outbox_line import OutboxLineRow
from snippets.event_driven.saga_store import SagaRow

from ..domain.stock import ReservationStatus

TABLES = 5  # the lock of whoever creates tables: any number will do
AMOUNT = Numeric(18, 3)  # three decimal places hold every ISO 4217 currency


TABLES_OF_TOPICS = (
    *(OutboxCounterRow, OutboxRow, OutboxLineRow, SagaRow),
    IdempotencyKeyRow,
)
ALEMBIC = "alembic_version"


class Base(DeclarativeBase):
    """Collects the tables of the shop."""


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """What the domain could not read, nobody can write, by hand neither."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})")


PRICE_IS_WHOLE = " or ".join(
    f"currency = '{currency}' and price = round(price, {digits})"
    for currency, digits in MINOR_DIGITS.items()
)


class CustomerRow(Base):
    """One customer."""

    __tablename__ = "customers"
    __table_args__ = (one_of("tier", Tier),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    tier: Mapped[str]


class ProductRow(Base):
    """One product at its list price, which the domain bounds likewise.

    It is in whole minor units of a currency that the shop sells in.
    """

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint(f"price >= 0 and price < {LIMIT}"),
        CheckConstraint(PRICE_IS_WHOLE),
    )

    sku: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[Decimal] = mapped_column(AMOUNT)
    currency: Mapped[str]


class StockRow(Base):
    """The pieces of one product; the database refuses a negative number."""

    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("on_hand >= 0"),)

    sku: Mapped[str] = mapped_column(
        ForeignKey("products.sku"), primary_key=True
    )
    on_hand: Mapped[int]


class ReservationRow(Base):
    """What the stock told an order; stays as long as a repeat may come."""

    __tablename__ = "reservations"
    __table_args__ = (one_of("status", ReservationStatus),)

    order_id: Mapped[UUID] = mapped_column(
        ForeignKey("orders.id"), primary_key=True
    )
    status: Mapped[str]


class OrderRow(Base):
    """One order; ``version`` counts its changes."""

    __tablename__ = "orders"
    __table_args__ = (
        one_of("currency", MINOR_DIGITS),
        one_of("status", OrderStatus),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id"), index=True
    )
    currency: Mapped[str]
    status: Mapped[str]
    version: Mapped[int]
    lines: Mapped[list["OrderLineRow"]] = relationship(
        order_by="OrderLineRow.position"
    )


class OrderLineRow(Base):
    """One line, at its place in the order."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint(f"quantity between 1 and {MAX_UNITS}"),
        CheckConstraint("unit_price >= 0 and unit_price <> 'NaN'"),
    )

    order_id: Mapped[UUID] = mapped_column(
        ForeignKey("orders.id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(AMOUNT)


def all_tables() -> MetaData:
    """What the shop needs in its database, and nothing else."""
    metadata = MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(metadata)
    for row in TABLES_OF_TOPICS:
        row.metadata.tables[row.__tablename__].to_metadata(metadata)
    return metadata


async def create_tables(connection: AsyncConnection) -> None:
    """Create what is missing, one process at a time, until the transaction
    ends; nothing where Alembic has begun, as it does before you deploy.

    All in the first schema of ``search_path``, where a table of the same name
    is taken for the shop's. Those of the other schemas are somebody else's, and
    the rest of the transaction does not see them.
    """
    await connection.execute(select(func.pg_advisory_xact_lock(TABLES)))
    here = func.quote_ident(func.current_schema())
    await connection.execute(select(func.set_config("search_path", here, True)))
    if await connection.scalar(select(func.to_regclass(ALEMBIC))) is None:
        await connection.run_sync(all_tables().create_all)
