"""Generic repository: what it gives, and what it lets everyone do."""

from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.architecture_patterns.generic_repository import (
    GenericRepository,
)
from snippets.architecture_patterns.new_order import place
from snippets.architecture_patterns.postgres_order_repository import to_row
from snippets.architecture_patterns.tables import (
    OrderLineRow,
    OrderRow,
    ProductRow,
)
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine


@pytest.fixture
async def session(engine, shop):
    async with AsyncSession(engine) as session:
        yield session


@pytest.fixture
def products(session):
    return GenericRepository(session, ProductRow)


async def test_a_row_is_added_and_got_by_its_key(products):
    products.add(ProductRow(sku="CUP-1", price=Decimal("7.50"), currency="EUR"))

    cup = await products.get("CUP-1")

    assert cup.price == Decimal("7.50")


async def test_what_is_not_there_is_none(products):
    assert await products.get("CAR-1") is None


async def test_a_row_that_was_deleted_is_gone(session, products):
    await products.delete(await products.get("TEA-1"))
    await session.flush()

    assert await products.get("TEA-1") is None


async def test_pages_follow_one_another_by_key(products):
    one = await products.page(limit=1)
    two = await products.page(after=one[-1].sku, limit=1)

    assert [row.sku for row in one + two] == ["POT-1", "TEA-1"]


async def test_by_a_key_of_two_columns_it_does_not_page(session):
    with pytest.raises(ValueError, match="too many values"):
        await GenericRepository(session, OrderLineRow).page()


async def test_it_deletes_an_order_that_no_rule_of_the_shop_lets_go(
    session, shop
):
    orders = GenericRepository(session, OrderRow)
    line = OrderLine("TEA-1", 1, Money.of("4.90", "EUR"))
    row = to_row(place(uuid4(), (line,)))
    orders.add(row)
    await session.flush()

    row.status = "paid twice"
    await orders.delete(row)
    await session.flush()

    assert await orders.get(row.id) is None
