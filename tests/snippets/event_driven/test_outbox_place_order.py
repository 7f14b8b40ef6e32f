"""Placing an order: the row and its event are stored together, or neither."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from snippets.event_driven.outbox_place_order import place_order


async def test_an_order_is_stored_with_its_event(shop):
    await place_order(shop.engine, uuid4(), 980)
    assert await shop.count("orders") == await shop.count("outbox") == 1


async def test_an_order_that_cannot_be_stored_has_no_event(shop):
    order_id = uuid4()
    await place_order(shop.engine, order_id, 980)

    with pytest.raises(IntegrityError):
        await place_order(shop.engine, order_id, 1)

    assert await shop.count("outbox") == 1
