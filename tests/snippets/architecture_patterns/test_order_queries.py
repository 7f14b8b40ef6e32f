"""Order queries: what a screen shows, in one statement."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.architecture_patterns.order import Order, OrderLine
from snippets.architecture_patterns.order_queries import (
    OrderQueries,
    OrderSummary,
)
from snippets.architecture_patterns.postgres_order_repository import (
    PostgresOrderRepository,
)

CUSTOMER = uuid4()


def order(number, customer_id=CUSTOMER):
    return Order(
        id=UUID(int=number),
        customer_id=customer_id,
        lines=(
            OrderLine("TEA-1", 2, Decimal("4.90")),
            OrderLine("POT-1", number, Decimal(30)),
        ),
    )


@pytest.fixture
async def session(engine):
    async with AsyncSession(engine) as session:
        orders = PostgresOrderRepository(session)
        for number in (3, 1, 2):
            await orders.add(order(number))
        await orders.add(order(4, customer_id=uuid4()))
        await session.commit()
        yield session


async def test_a_summary_has_what_the_screen_shows(session):
    first, *_ = await OrderQueries(session).summaries(CUSTOMER)

    assert first == OrderSummary(
        UUID(int=1), "placed", units=3, total=Decimal("39.80")
    )


async def test_the_sums_are_those_of_the_aggregate(session):
    summaries = await OrderQueries(session).summaries(CUSTOMER)

    assert [summary.total for summary in summaries] == [
        order(number).total for number in (1, 2, 3)
    ]


async def test_pages_follow_one_another(session):
    queries = OrderQueries(session)

    one = await queries.summaries(CUSTOMER, limit=2)
    two = await queries.summaries(CUSTOMER, after=one[-1].id, limit=2)

    assert [summary.id.int for summary in one + two] == [1, 2, 3]


async def test_a_page_is_one_statement_however_many_orders(session, statements):
    await OrderQueries(session).summaries(CUSTOMER)

    assert len(statements) == 1
