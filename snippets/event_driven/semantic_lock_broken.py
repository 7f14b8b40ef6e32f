"""Broken: checks the status at the first step and writes it at the last."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from .semantic_lock import LockableOrder, OrderLockedError


async def begin_change(
    connection: AsyncConnection,
    order_id: UUID,
    saga_id: UUID,
    pending: str,
    at_most: timedelta,
) -> int:
    order = (
        await connection.execute(
            select(LockableOrder.status, LockableOrder.total_cents).where(
                LockableOrder.id == order_id
            )
        )
    ).one()
    if order.status != "confirmed":
        raise OrderLockedError(f"order {order_id} is {order.status}")
    return order.total_cents


async def end_change(
    connection: AsyncConnection,
    order_id: UUID,
    saga_id: UUID,
    status: str,
    total_cents: int,
) -> None:
    await connection.execute(
        update(LockableOrder)
        .where(LockableOrder.id == order_id)
        .values(status=status, total_cents=total_cents)
    )
