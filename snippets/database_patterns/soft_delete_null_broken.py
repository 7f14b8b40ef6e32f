"""Broken: the time is part of the key, and no NULL equals another."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class ListingRow(Base):
    __tablename__ = "listings"
    __table_args__ = (UniqueConstraint("sku", "deleted_at"),)

    id: Mapped[UUID] = mapped_column(
        primary_key=True, server_default=func.uuidv7()
    )
    sku: Mapped[str]
    title: Mapped[str]
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
