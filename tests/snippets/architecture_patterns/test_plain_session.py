"""Plain session: changed and kept, or refused."""

import pytest

from snippets.architecture_patterns.plain_session import change_price
from snippets.architecture_patterns.postgres_price_list import (
    PostgresPriceList,
)
from snippets.code_style.errors import NotFoundError
from snippets.domain_driven_design.money import Money
from tests.support.databases import UNSTORABLE


async def test_the_new_price_is_kept(engine, shop):
    await change_price(engine, "TEA-1", Money.of("5.20", "EUR"))

    assert await PostgresPriceList(engine).of(["TEA-1"]) == {
        "TEA-1": Money.of("5.20", "EUR")
    }


async def test_it_costs_one_statement(engine, shop, statements):
    await change_price(engine, "TEA-1", Money.of("5.20", "EUR"))

    assert len(statements) == 1


async def test_a_product_that_is_not_there_is_said_to_be_missing(engine):
    with pytest.raises(NotFoundError):
        await change_price(engine, "CAR-1", Money.of("5.20", "EUR"))


@pytest.mark.parametrize("sku", UNSTORABLE)
async def test_what_no_table_can_name_is_said_to_be_missing(engine, sku):
    with pytest.raises(NotFoundError):
        await change_price(engine, sku, Money.of("5.20", "EUR"))
