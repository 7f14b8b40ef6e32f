"""Broken: each column reads right, and takes what nobody meant."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Numeric, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class InvoiceStatus(StrEnum):
    OPEN = "open"
    PAID = "paid"
    VOID = "void"


class BuyerRow(Base):
    __tablename__ = "buyers"

    id: Mapped[UUID] = mapped_column(
        primary_key=True, server_default=func.uuidv7()
    )
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default="now()"
    )
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now()
    )


class InvoiceRow(Base):
    __tablename__ = "invoices"

    id: Mapped[UUID] = mapped_column(
        primary_key=True, server_default=func.uuidv7()
    )
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("buyers.id"))
    status: Mapped[InvoiceStatus] = mapped_column(default=InvoiceStatus.OPEN)
    currency: Mapped[str]
    total: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())
