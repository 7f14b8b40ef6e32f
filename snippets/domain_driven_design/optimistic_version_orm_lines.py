"""Optimistic locking of a whole: a change of its lines alone counts too.

`version_id_col` counts each UPDATE of the order's own row, and a new line is
an INSERT elsewhere. So whoever changes a part marks the root as modified.
"""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession
from sqlalchemy.orm import (
    Mapped,
    mapped_column,
    relationship,
)
from sqlalchemy.orm.attributes import flag_modified

from ..code_style.storable_text import is_storable
from .persistence import Base

MAX_LINES = 10


class TooManyLinesError(Exception):
    """The order has as many lines as an order may have."""


class VersionedOrderRow(AsyncAttrs, Base):
    """The root: its version stands for the order and all its lines."""

    __tablename__ = "versioned_orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    version: Mapped[int] = mapped_column()
    lines: Mapped[list["VersionedLineRow"]] = relationship(
        cascade="all, delete-orphan"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once


class VersionedLineRow(Base):
    """One article of an order."""

    __tablename__ = "versioned_lines"

    order_id: Mapped[UUID] = mapped_column(
        ForeignKey("versioned_orders.id"), primary_key=True
    )
    sku: Mapped[str] = mapped_column(primary_key=True)


async def add_line(session: AsyncSession, order_id: UUID, sku: str) -> None:
    """Add a line in the caller's transaction; the caller commits.

    The session may know the order already, with its lines or without.

    Raises:
        TooManyLinesError: there are MAX_LINES already. The flush raises
            StaleDataError if somebody changed the order or its lines since.
        ValueError: no article can be called that.
    """
    if not is_storable(sku):
        raise ValueError(f"Not an article: {sku!r}")
    order = await session.get_one(VersionedOrderRow, order_id)
    lines: list[VersionedLineRow] = await order.awaitable_attrs.lines
    if len(lines) >= MAX_LINES:
        raise TooManyLinesError(f"An order has at most {MAX_LINES} lines")
    lines.append(VersionedLineRow(sku=sku))
    flag_modified(order, "status")  # any column: its row gets an UPDATE
