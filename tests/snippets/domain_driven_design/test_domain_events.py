"""Domain events: unchangeable, recognisable, and at a known instant."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from snippets.domain_driven_design.domain_events import (
    OrderCancelled,
    OrderConfirmed,
    now,
)


def test_every_event_has_an_id_of_its_own():
    order_id = uuid4()
    one, other = (OrderConfirmed(order_id=order_id) for _ in range(2))
    assert one.event_id != other.event_id


def test_an_event_happens_now():
    before = now()
    event = OrderConfirmed(order_id=uuid4())
    assert before <= event.occurred_at <= now()


def test_the_time_is_kept_in_utc():
    in_tokyo = datetime(
        2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=9), "JST")
    )
    event = OrderConfirmed(order_id=uuid4(), occurred_at=in_tokyo)
    assert event.occurred_at == in_tokyo
    assert event.occurred_at.tzinfo is UTC


def test_a_time_without_offset_is_refused():
    with pytest.raises(ValueError, match="No UTC offset"):
        OrderConfirmed(
            order_id=uuid4(),
            occurred_at=datetime(2026, 1, 1),  # noqa: DTZ001 - what is refused
        )


def test_what_happened_cannot_be_changed():
    event = OrderCancelled(order_id=uuid4(), reason="changed my mind")
    with pytest.raises(AttributeError):
        event.reason = "never ordered"
