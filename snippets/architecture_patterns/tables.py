"""The tables behind the adapters. Only adapters import this module.

Rows are rows and aggregates are aggregates: two shapes, two reasons to change.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """Collects the tables of this service."""


class OrderRow(Base):
    """One order; an UPDATE of a version that is gone raises StaleDataError."""

    __tablename__ = "orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)
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
    unit_price: Mapped[Decimal] = mapped_column(Numeric(12, 2))


class ProductRow(Base):
    """What the shop sells, at today's price."""

    __tablename__ = "products"

    sku: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))


class OutboxRow(Base):
    """An event that is to be published, committed with what it tells of."""

    __tablename__ = "outbox"

    sequence: Mapped[int] = mapped_column(
        BigInteger, Identity(always=True), primary_key=True
    )
    id: Mapped[UUID] = mapped_column(unique=True)
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    published_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True)
    )
