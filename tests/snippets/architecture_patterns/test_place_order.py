"""Place order: what is stored, what is refused, what the pool has to give."""

from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.architecture_patterns import (
    place_order,
    place_order_two_sessions_broken,
)
from snippets.architecture_patterns.event_recorder import unrecorded
from snippets.architecture_patterns.in_memory_unit_of_work import (
    InMemoryUnitOfWork,
    Store,
)
from snippets.architecture_patterns.new_order import InvalidOrderError
from snippets.architecture_patterns.place_order import (
    NewOrder,
    PlaceOrder,
    UnknownSkuError,
)
from snippets.architecture_patterns.postgres_price_list import (
    PostgresPriceList,
)
from snippets.architecture_patterns.postgres_unit_of_work import (
    PostgresUnitOfWork,
)
from snippets.code_style.errors import DatabaseError
from snippets.domain_driven_design.domain_events import OrderConfirmed
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine
from tests.support.twins import fix_and_twin


class FixedPrices:
    """The port in four lines: what a Protocol is good for."""

    async def of(self, skus):
        prices = {
            "TEA-1": Money.of("4.90", "EUR"),
            "POT-1": Money.of(30, "EUR"),
        }
        return {sku: prices[sku] for sku in skus if sku in prices}


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def place(store):
    return PlaceOrder(lambda: InMemoryUnitOfWork(store), FixedPrices())


async def test_the_order_is_stored_at_todays_prices(place, store):
    order = await place(NewOrder(uuid4(), {"TEA-1": 2}, "WELCOME10"))

    stored = store.orders[order.id]
    assert stored.lines == (OrderLine("TEA-1", 2, Money.of("4.90", "EUR")),)
    assert stored.voucher == "WELCOME10"


async def test_it_is_told_that_an_order_was_placed(place, store):
    order = await place(NewOrder(uuid4(), {"TEA-1": 2, "POT-1": 1}))

    (event,) = store.events
    assert isinstance(event, OrderConfirmed)
    assert event.order_id == order.id


async def test_what_is_not_sold_is_named_and_nothing_is_stored(place, store):
    with pytest.raises(UnknownSkuError, match="CAR-1, SHIP-1"):
        await place(NewOrder(uuid4(), {"SHIP-1": 1, "TEA-1": 1, "CAR-1": 1}))

    assert store == Store()


async def test_an_order_without_lines_is_refused(place, store):
    with pytest.raises(InvalidOrderError):
        await place(NewOrder(uuid4(), {}))

    assert store == Store()


either = fix_and_twin(
    "module",
    place_order,
    place_order_two_sessions_broken,
    "Under load the shop stands still: every request "
    "holds a connection and waits for a second one.",
    raises=DatabaseError,
)


@either
async def test_an_order_needs_one_connection_at_a_time(engine, shop, module):
    last_one = create_async_engine(
        shop, pool_size=1, max_overflow=0, pool_timeout=0
    )
    try:
        place = module.PlaceOrder(
            lambda: PostgresUnitOfWork(last_one, unrecorded),
            PostgresPriceList(last_one),
        )
        order = await place(NewOrder(uuid4(), {"TEA-1": 2}))
    finally:
        await last_one.dispose()

    assert order.total == Money.of("9.80", "EUR")


async def test_with_connections_to_spare_the_twin_works(engine, shop):
    place = place_order_two_sessions_broken.PlaceOrder(
        lambda: PostgresUnitOfWork(engine, unrecorded),
        PostgresPriceList(engine),
    )
    customer_id = uuid4()

    first = await place(NewOrder(customer_id, {"TEA-1": 1}, "WELCOME10"))
    second = await place(NewOrder(customer_id, {"TEA-1": 1}, "WELCOME10"))

    assert (first.voucher, second.voucher) == ("WELCOME10", None)
    with pytest.raises(UnknownSkuError):
        await place(NewOrder(customer_id, {"CAR-1": 1}))
