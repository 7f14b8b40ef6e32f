"""Order queries: what a screen shows, in one statement."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.architecture_patterns.order_queries import (
    OrderQueries,
    OrderSummary,
)
from snippets.architecture_patterns.postgres_order_repository import (
    PostgresOrderRepository,
)
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import Order
from snippets.domain_driven_design.order_line import OrderLine

CUSTOMER = uuid4()


def order(number, customer_id=CUSTOMER):
    order = Order(id=UUID(int=number), customer_id=customer_id, currency="EUR")
    order.add_line(OrderLine("TEA-1", 2, Money.of("4.90", "EUR")))
    order.add_line(OrderLine("POT-1", number, Money.of(30, "EUR")))
    order.confirm()
    return order


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
        UUID(int=1), "confirmed", units=3, total=Money.of("39.80", "EUR")
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
