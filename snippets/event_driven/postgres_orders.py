"""Orders in PostgreSQL, as a participant: every change can be repeated."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class OrderBase(DeclarativeBase):
    """Collects the tables of the order service."""


class OrderRow(OrderBase):
    """``status`` is pending, confirmed or cancelled."""

    __tablename__ = "orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]


class PostgresOrders:
    """Each change is a transaction of its own, from pending only."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def place(self, order_id: UUID) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                insert(OrderRow)
                .values(id=order_id, status="pending")
                .on_conflict_do_nothing()
            )

    async def confirm(self, order_id: UUID) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(OrderRow)
                .where(OrderRow.id == order_id, OrderRow.status == "pending")
                .values(status="confirmed")
            )

    async def cancel(self, order_id: UUID) -> None:
        """A cancelled row also keeps a late `place` from taking effect."""
        async with self._engine.begin() as connection:
            await connection.execute(
                insert(OrderRow)
                .values(id=order_id, status="cancelled")
                .on_conflict_do_update(
                    index_elements=[OrderRow.id],
                    set_={"status": "cancelled"},
                    where=OrderRow.status == "pending",
                )
            )
