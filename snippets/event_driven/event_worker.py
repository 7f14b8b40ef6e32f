"""Composition root: events of placed orders go out, and customers are charged.

Publisher and consumer share a process and a database here. They need neither:
what connects them is the bus.
"""

import asyncio

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from .event_bus import EventBus
from .inbox import IdempotentConsumer
from .inbox_charge_order import charge_order
from .outbox_wakeup import OutboxWakeup
from .relay import OutboxRelay


async def work(database_url: str, bus: EventBus) -> None:
    """Run until cancelled; ``database_url`` is ``postgresql://…``."""
    engine = create_async_engine(
        make_url(database_url).set(drivername="postgresql+asyncpg")
    )
    wakeup = OutboxWakeup(database_url)
    charge = IdempotentConsumer(engine, "payments", charge_order)
    try:
        async with (
            bus.subscribe("payments", {"order.placed"}, charge),
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(wakeup.run())
            tasks.create_task(OutboxRelay(engine, bus).run(wakeup))
    finally:
        await engine.dispose()
