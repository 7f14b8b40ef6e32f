"""Placing an order: killed anywhere, the order and its charge agree."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from guide.crash_points import HELD, Report
from snippets.event_driven import (
    outbox_publish_after_commit_broken,
    outbox_publish_before_commit_broken,
)
from snippets.event_driven.inbox import IdempotentConsumer
from snippets.event_driven.inbox_charge_order import charge_order
from snippets.event_driven.outbox_place_order import place_order
from snippets.event_driven.relay import OutboxRelay

OPERATION = "tests.snippets.event_driven.crash_operations:place_order"
LOST = "order stored, event lost"
LIED = "event of an order that does not exist"
TWICE = "charged twice"


def twin(way, reason):
    module = f"outbox_{way.replace(' ', '_')}_broken"
    return pytest.param(
        way,
        id=module,
        marks=[
            pytest.mark.xfail(
                strict=True, raises=AssertionError, reason=reason
            ),
            pytest.mark.child_process(f"event_driven.{module}"),
        ],
    )


@pytest.mark.parametrize(
    "way",
    [
        "fix",
        twin(
            "publish after commit",
            "The order is stored and paid for; nobody else ever hears of it.",
        ),
        twin(
            "publish before commit",
            "A customer is charged for an order that does not exist.",
        ),
    ],
)
async def test_killed_anywhere_an_order_is_charged_once_or_not_placed(
    crash_points, shop, way
):
    async def settle():
        while await OutboxRelay(shop.engine, shop.stream).run_once():
            pass
        charge = IdempotentConsumer(shop.engine, "payments", charge_order)
        await shop.stream.drain(charge)
        orders = await shop.count("orders")
        charges = await shop.count("payments")
        if charges > orders:
            return TWICE if orders else LIED
        return HELD if charges == orders else LOST

    outcomes = await crash_points(
        OPERATION, way, *shop.arguments, prepare=shop.empty, settle=settle
    )

    Report("event_driven", "outbox", way, outcomes).save()
    assert set(outcomes.values()) == {HELD}


@pytest.mark.parametrize(
    "module",
    [
        outbox_publish_after_commit_broken,
        outbox_publish_before_commit_broken,
    ],
)
async def test_undisturbed_the_twins_store_and_publish(shop, module, bus):
    order_id = uuid4()

    await module.place_order(shop.engine, bus, order_id, 980)

    assert await shop.count("orders") == 1
    assert [event.data["order_id"] for event in bus.events] == [str(order_id)]


async def test_an_order_that_cannot_be_stored_has_no_event(shop):
    order_id = uuid4()
    await place_order(shop.engine, order_id, 980)

    with pytest.raises(IntegrityError):
        await place_order(shop.engine, order_id, 1)

    assert await shop.count("outbox") == 1
