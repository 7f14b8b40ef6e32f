"""Broken: commits, then publishes. Between the two the process can die."""

import json

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .order import Order
from .outbox import EventPublisher
from .postgres_order_repository import PostgresOrderRepository


async def store_order(
    engine: AsyncEngine, publisher: EventPublisher, order: Order
) -> None:
    async with AsyncSession(engine) as session:
        orders = PostgresOrderRepository(session)
        await orders.add(order)
        await session.commit()
    for event in orders.events:
        await publisher.publish(
            f"orders.{type(event).__name__}",
            json.dumps({"order_id": str(event.order_id)}).encode(),
            message_id=f"{event.order_id}",
        )
