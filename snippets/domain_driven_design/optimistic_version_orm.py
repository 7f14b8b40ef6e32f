"""Optimistic locking by SQLAlchemy's ORM: the mapper counts the versions.

A flush that changes a row adds ``AND version = …`` to its UPDATE and raises
``StaleDataError`` if no row matched. Only a flush does: an ``update()`` that
you execute yourself neither checks nor counts.
"""

from sqlalchemy.orm import Mapped, mapped_column

from .persistence import Base


class StockRow(Base):
    """The pieces of one article."""

    __tablename__ = "stock"

    sku: Mapped[str] = mapped_column(primary_key=True)
    on_hand: Mapped[int]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once
