"""Placing an order: the row and its event are stored together, or neither."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from snippets.event_driven.outbox_place_order import order_placed, place_order
from snippets.event_driven.typed_events import OrderedItem, OrderPlacedMessage
from tests.support.databases import LEVELS


async def test_an_order_is_stored_with_its_event(shop):
    await place_order(shop.engine, uuid4(), 980)
    assert await shop.count("simple_orders") == await shop.count("outbox") == 1


def test_its_event_is_what_typed_handlers_read():
    order_id = uuid4()
    event = order_placed(order_id, 980, {"TEA-1": 2})

    assert OrderPlacedMessage.model_validate(event.data) == OrderPlacedMessage(
        order_id=order_id, lines=(OrderedItem(sku="TEA-1", quantity=2),)
    )


async def test_an_order_that_cannot_be_stored_has_no_event(shop):
    order_id = uuid4()
    await place_order(shop.engine, order_id, 980)

    with pytest.raises(IntegrityError):
        await place_order(shop.engine, order_id, 1)

    assert await shop.count("outbox") == 1


@pytest.mark.parametrize("level", LEVELS)
async def test_no_order_without_its_event_whatever_the_engines_level_is(
    shop, at_level, level
):
    async with shop.engine.begin() as connection:
        await connection.execute(text("drop table outbox"))

    with pytest.raises(ProgrammingError):
        await place_order(at_level(level), uuid4(), 980)

    assert await shop.count("simple_orders") == 0
