"""Orders in PostgreSQL, as a participant: every change can be repeated."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..architecture_patterns.read_committed import read_committed
from ..domain_driven_design.persistence import Base
from .participants import RefusedError


class OrderProgressRow(Base):
    """How far an order is: ``status`` is pending, confirmed or cancelled."""

    __tablename__ = "order_progress"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]


class PostgresOrders:
    """Each change is a transaction of its own, from pending only.

    READ COMMITTED, so that a repeat sees what it waited for.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def place(self, order_id: UUID) -> None:
        async with read_committed(self._engine) as session:
            await session.execute(
                insert(OrderProgressRow)
                .values(id=order_id, status="pending")
                .on_conflict_do_nothing()
            )
            await require(session, order_id, {"pending", "confirmed"})

    async def confirm(self, order_id: UUID) -> None:
        async with read_committed(self._engine) as session:
            await session.execute(
                update(OrderProgressRow)
                .where(
                    OrderProgressRow.id == order_id,
                    OrderProgressRow.status == "pending",
                )
                .values(status="confirmed")
            )
            await require(session, order_id, {"confirmed"})

    async def cancel(self, order_id: UUID) -> None:
        """A cancelled row also keeps a late `place` from taking effect."""
        async with read_committed(self._engine) as session:
            await session.execute(
                insert(OrderProgressRow)
                .values(id=order_id, status="cancelled")
                .on_conflict_do_update(
                    index_elements=[OrderProgressRow.id],
                    set_={"status": "cancelled"},
                    where=OrderProgressRow.status == "pending",
                )
            )
            await require(session, order_id, {"cancelled"})


async def require(
    session: AsyncSession, order_id: UUID, allowed: set[str]
) -> None:
    """A repeat finds what it would have done; anything else is a refusal."""
    status = await session.scalar(
        select(OrderProgressRow.status).where(OrderProgressRow.id == order_id)
    )
    if status not in allowed:
        raise RefusedError(f"Order {order_id} is {status or 'unknown'}")
