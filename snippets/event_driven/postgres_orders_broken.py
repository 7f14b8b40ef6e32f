"""Broken: an UPDATE that matches no row is taken for one that was made."""

from uuid import UUID

from sqlalchemy import update

from .postgres_orders import OrderRow, PostgresOrders


class UncheckedOrders(PostgresOrders):
    async def confirm(self, order_id: UUID) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(OrderRow)
                .where(OrderRow.id == order_id, OrderRow.status == "pending")
                .values(status="confirmed")
            )
