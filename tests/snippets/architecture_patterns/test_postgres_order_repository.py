"""Orders on PostgreSQL: what is specific; the contract is in
test_order_repository.
"""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import DetachedInstanceError

from snippets.architecture_patterns.new_order import place
from snippets.architecture_patterns.order_repository import OrderNotFoundError
from snippets.architecture_patterns.postgres_order_repository import (
    PostgresOrderRepository,
)
from snippets.architecture_patterns.postgres_order_repository_leak_broken import (  # noqa: E501 - its name is that long
    OrderReader,
)
from snippets.architecture_patterns.tables import OrderRow, ProductRow
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine
from tests.support.twins import fix_and_twin


class AggregateReader:
    """The fix, opened and closed in the same way as the twin."""

    def __init__(self, engine):
        self._engine = engine

    async def get(self, order_id):
        async with AsyncSession(self._engine) as session:
            return await PostgresOrderRepository(session).get(order_id)


@pytest.fixture
async def stored(engine):
    order = place(
        uuid4(),
        (
            OrderLine("TEA-1", 2, Money.of("4.90", "EUR")),
            OrderLine("POT-1", 1, Money.of("30", "EUR")),
        ),
    )
    async with AsyncSession(engine) as session:
        await PostgresOrderRepository(session).add(order)
        await session.commit()
    return order


@fix_and_twin(
    "reader",
    AggregateReader,
    OrderReader,
    "The order page answers 500 as soon as it shows the "
    "lines, though the order was read without an error.",
    raises=DetachedInstanceError,
)
async def test_an_order_is_whole_after_its_session_is_closed(
    engine, stored, reader
):
    order = await reader(engine).get(stored.id)

    assert [line.sku for line in order.lines] == ["TEA-1", "POT-1"]


async def test_in_an_open_session_the_leaked_row_fails_as_well(engine, stored):
    async with AsyncSession(engine) as session:
        row = await session.get(OrderRow, stored.id)

        with pytest.raises(MissingGreenlet):
            _ = row.lines


@pytest.mark.parametrize("reader", [AggregateReader, OrderReader])
async def test_an_unknown_order_is_not_found(engine, reader):
    with pytest.raises(OrderNotFoundError):
        await reader(engine).get(uuid4())


async def test_an_order_with_many_lines_costs_two_statements(
    engine, stored, statements
):
    await AggregateReader(engine).get(stored.id)

    assert len(statements) == 2


async def test_another_broken_constraint_is_not_called_a_duplicate(
    engine, stored
):
    async with AsyncSession(engine) as session:
        await session.execute(
            text("alter table order_lines add check (quantity < 100)")
        )
        bulk = place(uuid4(), (OrderLine("TEA-1", 100, Money.of("4", "EUR")),))

        with pytest.raises(IntegrityError):
            await PostgresOrderRepository(session).add(bulk)


async def test_another_unique_constraint_is_not_called_a_duplicate(engine):
    async with AsyncSession(engine) as session:
        await session.execute(text("create unique index on orders (voucher)"))
        repository = PostgresOrderRepository(session)
        lines = (OrderLine("TEA-1", 1, Money.of("4", "EUR")),)
        await repository.add(place(uuid4(), lines, "WELCOME"))

        with pytest.raises(IntegrityError, match="orders_voucher_idx"):
            await repository.add(place(uuid4(), lines, "WELCOME"))


async def test_what_else_is_flushed_is_not_called_a_duplicate(engine):
    async with AsyncSession(engine) as session:
        session.add_all([ProductRow(sku="TEA-1", price=4, currency="EUR")])
        await session.flush()
        session.expunge_all()
        session.add(ProductRow(sku="TEA-1", price=5, currency="EUR"))
        order = place(uuid4(), (OrderLine("TEA-1", 1, Money.of("4", "EUR")),))

        with pytest.raises(IntegrityError, match="products_pkey"):
            await PostgresOrderRepository(session).add(order)


async def test_it_never_commits(engine):
    order = place(uuid4(), (OrderLine("TEA-1", 1, Money.of("5", "EUR")),))
    async with AsyncSession(engine) as session:
        await PostgresOrderRepository(session).add(order)

    with pytest.raises(OrderNotFoundError):
        await AggregateReader(engine).get(order.id)
