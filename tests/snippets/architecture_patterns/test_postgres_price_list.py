"""Prices from PostgreSQL."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.architecture_patterns.postgres_price_list import (
    PostgresPriceList,
)
from snippets.code_style.errors import DatabaseError
from snippets.domain_driven_design.money import Money
from tests.support.databases import UNSTORABLE


async def test_only_what_is_sold_has_a_price(engine, shop):
    prices = PostgresPriceList(engine)

    assert await prices.of(["TEA-1", "CAR-1"]) == {
        "TEA-1": Money.of("4.90", "EUR")
    }


async def test_many_prices_cost_one_statement(engine, shop, statements):
    await PostgresPriceList(engine).of(["TEA-1", "POT-1"])

    assert len(statements) == 1


async def test_a_server_that_is_away_is_storage_trouble():
    engine = create_async_engine("postgresql+asyncpg://shop@127.0.0.1:1/shop")

    with pytest.raises(DatabaseError):
        await PostgresPriceList(engine).of(["TEA-1"])

    await engine.dispose()


async def test_a_mistake_of_ours_stays_what_it_is(engine):
    async with engine.begin() as connection:
        await connection.execute(text("drop table products"))

    with pytest.raises(ProgrammingError):
        await PostgresPriceList(engine).of(["TEA-1"])


@pytest.mark.parametrize("sku", UNSTORABLE)
async def test_what_no_table_can_name_has_no_price(engine, shop, sku):
    prices = await PostgresPriceList(engine).of(["TEA-1", sku])

    assert prices == {"TEA-1": Money.of("4.90", "EUR")}
