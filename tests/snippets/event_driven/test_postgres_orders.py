"""Orders on PostgreSQL: from pending to one of two ends."""

from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.event_driven.postgres_orders import (
    OrderBase,
    OrderRow,
    PostgresOrders,
)

ORDER = uuid4()


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(OrderBase.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        (["place"], "pending"),
        (["place", "confirm"], "confirmed"),
        (["place", "cancel"], "cancelled"),
        (["place", "confirm", "cancel"], "confirmed"),
        (["place", "cancel", "confirm"], "cancelled"),
        (["place", "confirm", "place"], "confirmed"),
        (["cancel", "place"], "cancelled"),
        (["confirm"], None),
    ],
)
async def test_the_first_end_is_the_end(engine, changes, status):
    orders = PostgresOrders(engine)
    for change in changes:
        await getattr(orders, change)(ORDER)

    async with engine.connect() as connection:
        assert await connection.scalar(select(OrderRow.status)) == status
