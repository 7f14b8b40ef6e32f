"""Composition root: events of placed orders go out, and customers are charged.

Publisher and consumer share a process and a database here. They need neither:
what connects them is the bus.
"""

import asyncio

from ..architecture_patterns.database_url import asyncpg_engine
from .background import background
from .event_bus import EventBus
from .inbox import IdempotentConsumer
from .inbox_charge_order import charge_order
from .outbox_wakeup import OutboxWakeup
from .relay import OutboxRelay


async def work(database_url: str, bus: EventBus) -> None:
    """Run until cancelled.

    Raises:
        ValueError: ``database_url`` has words that no driver knows.
    """
    engine = asyncpg_engine(database_url)
    wakeup = OutboxWakeup(database_url)
    charge = IdempotentConsumer(engine, "payments", charge_order)
    try:
        async with (
            bus.subscribe("payments", {"order.placed"}, charge),
            background(wakeup.run(), OutboxRelay(engine, bus).run(wakeup)),
        ):
            await asyncio.Event().wait()  # until cancelled
    finally:
        await engine.dispose()
