"""Broken: an UPDATE that matches no row is taken for one that was made."""

from uuid import UUID

from sqlalchemy import update

from .postgres_orders import OrderProgressRow, PostgresOrders


class UncheckedOrders(PostgresOrders):
    async def confirm(self, order_id: UUID) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(OrderProgressRow)
                .where(
                    OrderProgressRow.id == order_id,
                    OrderProgressRow.status == "pending",
                )
                .values(status="confirmed")
            )
