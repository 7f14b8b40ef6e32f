"""The tables behind the adapters. Only adapters import this module.

Rows are rows and aggregates are aggregates: two shapes, two reasons to change.
"""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..domain_driven_design.persistence import Base

AMOUNT = Numeric(18, 3)  # three decimal places hold every ISO 4217 currency


class OrderRow(Base):
    """One order; an UPDATE of a version that is gone raises StaleDataError."""

    __tablename__ = "orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)
    currency: Mapped[str]
    status: Mapped[str]
    voucher: Mapped[str | None]
    version: Mapped[int] = mapped_column()
    lines: Mapped[list["OrderLineRow"]] = relationship(
        cascade="all, delete-orphan", order_by="OrderLineRow.position"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - never changed


class OrderLineRow(Base):
    """One line, at its place in the order."""

    __tablename__ = "order_lines"

    order_id: Mapped[UUID] = mapped_column(
        ForeignKey("orders.id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(AMOUNT)


class ProductRow(Base):
    """What the shop sells, at today's price."""

    __tablename__ = "products"

    sku: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(AMOUNT)
    currency: Mapped[str]
