"""Upcasting: step by step to the current version, or not at all."""

import pytest

from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.upcasting import UnreadableVersionError, Upcasters


def one_to_two(data):
    return {**data, "currency": "EUR"}


def two_to_three(data):
    return {"total": f"{data['amount']} {data['currency']}"}


def placed(version, **data):
    return EventEnvelope(
        type="order.placed", subject="order-7", data=data, version=version
    )


STEPS = Upcasters({"order.placed": {1: one_to_two, 2: two_to_three}})


@pytest.mark.parametrize(
    "event",
    [
        placed(1, amount="9.90"),
        placed(2, amount="9.90", currency="EUR"),
        placed(3, total="9.90 EUR"),
    ],
)
def test_every_version_becomes_the_current_one(event):
    current = STEPS.upcast(event)

    assert (current.version, current.data) == (3, {"total": "9.90 EUR"})
    assert (current.id, current.time) == (event.id, event.time)


def test_the_old_event_is_left_as_it_was():
    event = placed(1, amount="9.90")

    STEPS.upcast(event)

    assert (event.version, event.data) == (1, {"amount": "9.90"})


def test_a_step_that_edits_its_data_does_not_edit_the_event():
    """Another consumer of the same bus may have the same object."""

    def edit(data):
        data["lines"].append("POT-1")
        data["currency"] = "EUR"
        return data

    event = placed(1, lines=["TEA-1"])
    current = Upcasters({"order.placed": {1: edit}}).upcast(event)

    assert current.data == {"lines": ["TEA-1", "POT-1"], "currency": "EUR"}
    assert event.data == {"lines": ["TEA-1"]}


def test_a_version_from_the_future_is_refused():
    with pytest.raises(UnreadableVersionError, match="deploy consumers first"):
        STEPS.upcast(placed(4, total="9.90 EUR"))


def test_a_version_older_than_the_oldest_step_is_refused():
    steps = Upcasters({"order.placed": {2: two_to_three}})

    with pytest.raises(UnreadableVersionError, match="no longer supported"):
        steps.upcast(placed(1, amount="9.90"))


def test_a_gap_is_refused_when_the_program_starts():
    with pytest.raises(ValueError, match=r"order.placed: no step from \{2\}"):
        Upcasters({"order.placed": {1: one_to_two, 3: two_to_three}})


def test_a_type_whose_steps_are_gone_is_at_version_one():
    assert Upcasters({"order.placed": {}}).current_version("order.placed") == 1


def test_a_type_without_steps_is_at_version_one():
    event = EventEnvelope(type="order.cancelled", subject="order-7", data={})

    assert STEPS.upcast(event) == event
    assert STEPS.current_version("order.cancelled") == 1
