"""Semantic lock: while a saga changes an order, other changes are refused.

Sagas have no isolation: between their steps anybody reads and writes. A status
that says "a change is going on", and whose, stands in for the lock that no
transaction can hold that long. Richardson, "Microservices Patterns", 4.3.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import DateTime, func, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from ..domain_driven_design.persistence import Base


class LockableOrder(Base):
    """``saga_id`` owns the lock while ``status`` ends in ``_pending``."""

    __tablename__ = "lockable_orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    total_cents: Mapped[int]
    saga_id: Mapped[UUID | None]
    locked_until: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True)
    )


class OrderLockedError(Exception):
    """Another saga is changing the order, or it is in no state to change."""


class LockLostError(Exception):
    """The saga does not own the order: another took it over, so compensate."""


async def begin_change(
    connection: AsyncConnection,
    order_id: UUID,
    saga_id: UUID,
    pending: str,
    at_most: timedelta,
) -> int:
    """Take the order from confirmed to ``pending``; return its total in cents.

    Repeated by the same saga, it succeeds and renews the time. A lock that has
    run out is taken over, so ``at_most`` must exceed what a saga may take.

    Raises:
        OrderLockedError: nothing was changed.
    """
    total: int | None = await connection.scalar(
        update(LockableOrder)
        .where(
            LockableOrder.id == order_id,
            or_(
                LockableOrder.status == "confirmed",
                LockableOrder.saga_id == saga_id,
                LockableOrder.locked_until < func.now(),
            ),
        )
        .values(
            status=pending, saga_id=saga_id, locked_until=func.now() + at_most
        )
        .returning(LockableOrder.total_cents)
    )
    if total is None:
        raise OrderLockedError(str(order_id))
    return total


async def end_change(
    connection: AsyncConnection,
    order_id: UUID,
    saga_id: UUID,
    status: str,
    total_cents: int,
) -> None:
    """Store the outcome and give the lock back, in the caller's transaction.

    A step may be repeated, this may not: note in the same transaction that the
    saga has ended its change, and do not call it again.

    Raises:
        LockLostError: nothing was changed.
    """
    result = await connection.execute(
        update(LockableOrder)
        .where(LockableOrder.id == order_id, LockableOrder.saga_id == saga_id)
        .values(
            status=status,
            total_cents=total_cents,
            saga_id=None,
            locked_until=None,
        )
    )
    if result.rowcount != 1:
        raise LockLostError(str(order_id))
