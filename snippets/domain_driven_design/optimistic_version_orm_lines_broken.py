"""Broken: a new line leaves the order's row, and so its version, as it was."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from .optimistic_version_orm_lines import (
    MAX_LINES,
    VersionedLineRow,
    VersionedOrderRow,
    TooManyLinesError,
)


async def add_line(session: AsyncSession, order_id: UUID, sku: str) -> None:
    order = await session.get_one(VersionedOrderRow, order_id)
    lines: list[VersionedLineRow] = await order.awaitable_attrs.lines
    if len(lines) >= MAX_LINES:
        raise TooManyLinesError(f"An order has at most {MAX_LINES} lines")
    lines.append(VersionedLineRow(sku=sku))
