"""The order's steps: who is asked what, in which order, under which key."""

from uuid import uuid4

import pytest

from snippets.event_driven.order_saga import OrderSteps, new_order_saga
from snippets.event_driven.participants import RefusedError
from tests.support.databases import UNSTORABLE

ORDER = uuid4()


class Recorder:
    """A participant that notes what it is asked."""

    def __init__(self, asked):
        self._asked = asked

    def __getattr__(self, name):
        async def method(*arguments):
            self._asked.append((name, *arguments))

        return method


@pytest.fixture
def asked():
    return []


@pytest.fixture
def definition(asked):
    return OrderSteps(*[Recorder(asked)] * 3).definition()


async def test_each_step_asks_its_participant(definition, asked):
    saga = new_order_saga(ORDER, "TEA", 2, 980)
    for step in definition.steps:
        await step.run(saga.key(step), saga.data)

    assert asked == [
        ("place", ORDER),
        ("reserve", f"{ORDER}:reserve_stock", "TEA", 2),
        ("charge", f"{ORDER}:charge_payment", 980),
        ("confirm", ORDER),
    ]


async def test_what_is_undone_is_named_by_the_key_it_was_done_under(
    definition, asked
):
    saga = new_order_saga(ORDER, "TEA", 2, 980)
    for step in reversed(definition.undoable):
        await step.undo(saga.key(step), saga.data)

    assert asked == [
        ("release", f"{ORDER}:reserve_stock"),
        ("cancel", ORDER),
    ]


def test_the_charge_decides(definition):
    assert definition.pivot.name == "charge_payment"


@pytest.mark.parametrize(
    ("pieces", "cents"), [(0, 980), (-2, 980), (True, 980), (2, -980)]
)
def test_no_saga_is_made_of_what_is_no_amount(pieces, cents):
    with pytest.raises(RefusedError, match="Not an amount"):
        new_order_saga(ORDER, "TEA", pieces, cents)


@pytest.mark.parametrize("sku", UNSTORABLE)
def test_no_saga_is_made_of_what_no_table_can_hold(sku):
    with pytest.raises(RefusedError, match="Not a text"):
        new_order_saga(uuid4(), sku, 2, 980)
