"""Broken: the key is unique among all rows, those that nobody sees included."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class ListingRow(Base):
    __tablename__ = "listings"

    id: Mapped[UUID] = mapped_column(
        primary_key=True, server_default=func.uuidv7()
    )
    sku: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
