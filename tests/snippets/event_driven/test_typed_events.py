"""Typed events: publishers may add fields, nobody may change an event."""

from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from snippets.event_driven.typed_events import OrderPlacedMessage


def test_an_unknown_field_is_ignored():
    event = OrderPlacedMessage.model_validate(
        {"order_id": str(UUID(int=7)), "lines": [], "gift": True}
    )

    assert event == OrderPlacedMessage(order_id=UUID(int=7), lines=())


def test_a_missing_field_is_refused():
    with pytest.raises(ValidationError, match="lines"):
        OrderPlacedMessage.model_validate({"order_id": str(uuid4())})


def test_an_event_does_not_change():
    event = OrderPlacedMessage(order_id=uuid4(), lines=())

    with pytest.raises(ValidationError, match="frozen"):
        event.order_id = uuid4()
