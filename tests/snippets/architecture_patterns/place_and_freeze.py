"""A process of the shop that freezes right after its first commit.

Started and killed by test_outbox: ``python -m … fix|broken URLS… PREFIX``.
"""

import asyncio
import signal
import sys
from decimal import Decimal
from uuid import uuid4

import nats
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import Session

from snippets.architecture_patterns.nats_publisher import NatsPublisher
from snippets.architecture_patterns.order import Order, OrderLine
from snippets.architecture_patterns.outbox import EventPublisher
from snippets.architecture_patterns.outbox_publish_broken import store_order
from snippets.architecture_patterns.postgres_unit_of_work import (
    PostgresUnitOfWork,
)


def an_order() -> Order:
    return Order.place(uuid4(), (OrderLine("TEA-1", 2, Decimal("4.90")),))


async def store_with_outbox(
    engine: AsyncEngine, publisher: EventPublisher, order: Order
) -> None:
    """The fix, called in the same way as the twin."""
    async with PostgresUnitOfWork(engine) as work:
        await work.orders.add(order)
        await work.commit()


WAYS = {"fix": store_with_outbox, "broken": store_order}


def freeze(_: Session) -> None:
    print("committed", flush=True)  # noqa: T201 - the test waits for it
    signal.pause()


async def main(way: str, postgres: str, broker: str, prefix: str) -> None:
    client = await nats.connect(broker)
    publisher = NatsPublisher(client, prefix)
    event.listen(Session, "after_commit", freeze)
    await WAYS[way](create_async_engine(postgres), publisher, an_order())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
