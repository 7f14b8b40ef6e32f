"""Typed models: the columns say what may be in them, and the database checks.

A mapped type says what the column holds: `datetime` means an aware time, an
enum means its values, and nothing is null that is not `| None`. Constraints
have names, so that a migration can find them again.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Numeric,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..domain_driven_design.persistence import Base

# Made by PostgreSQL 18; ids grow with time, so new ones stand side by side.
UuidV7 = Annotated[
    UUID, mapped_column(primary_key=True, server_default=func.uuidv7())
]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
# Three decimal places hold every ISO 4217 currency.
Amount = Annotated[Decimal, mapped_column(Numeric(18, 3))]


class InvoiceStatus(StrEnum):
    """Where an invoice stands."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"


class BuyerRow(Base):
    """Who is billed; ``updated_at`` is read back with each UPDATE."""

    __tablename__ = "buyers"
    __table_args__ = (UniqueConstraint("email", name="uq_buyers_email"),)

    id: Mapped[UuidV7]
    email: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    updated_at: Mapped[Instant] = mapped_column(
        server_default=func.now(), onupdate=func.now()
    )
    invoices: Mapped[list["InvoiceRow"]] = relationship(
        back_populates="buyer", order_by="InvoiceRow.id", lazy="raise"
    )

    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - never changed


class InvoiceRow(Base):
    """One invoice; the indexes are those that the topic's queries use."""

    __tablename__ = "invoices"
    __table_args__ = (
        CheckConstraint(  # to PostgreSQL, NaN is more than any number
            "total >= 0 and total < 'NaN'", "ck_invoices_total"
        ),
        CheckConstraint(
            "jsonb_typeof(metadata) = 'object'", "ck_invoices_meta"
        ),
        Index(
            "ix_invoices_buyer",
            "buyer_id",
            "issued_at",
            "id",
            postgresql_include=["currency", "total"],
        ),
        Index("ix_invoices_issued", "issued_at", "id"),
        Index(
            "ix_invoices_open",
            "issued_at",
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[UuidV7]
    buyer_id: Mapped[UUID] = mapped_column(
        ForeignKey("buyers.id", name="fk_invoices_buyer")
    )
    status: Mapped[InvoiceStatus] = mapped_column(
        Enum(
            InvoiceStatus,
            name="invoice_status",
            values_callable=lambda kind: [status.value for status in kind],
        ),
        server_default=InvoiceStatus.OPEN.value,
    )
    currency: Mapped[str]
    total: Mapped[Amount]
    issued_at: Mapped[Instant] = mapped_column(server_default=func.now())
    details: Mapped[dict[str, Any]] = mapped_column(
        "metadata", JSONB, server_default=text("'{}'")
    )
    buyer: Mapped[BuyerRow] = relationship(
        back_populates="invoices", lazy="raise"
    )
    lines: Mapped[list["InvoiceLineRow"]] = relationship(
        order_by="InvoiceLineRow.position", lazy="raise"
    )


class InvoiceLineRow(Base):
    """One line of an invoice, at its place."""

    __tablename__ = "invoice_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", "ck_invoice_lines_quantity"),
        CheckConstraint(
            "unit_price >= 0 and unit_price < 'NaN'",
            "ck_invoice_lines_unit_price",
        ),
    )

    invoice_id: Mapped[UUID] = mapped_column(
        ForeignKey("invoices.id", name="fk_invoice_lines_invoice"),
        primary_key=True,
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[Amount]
