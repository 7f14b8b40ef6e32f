"""Domain events: unchangeable, recognisable, and at a known instant."""

import copy
import pickle
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from snippets.domain_driven_design.domain_events import (
    DomainEvent,
    OrderCancelled,
    OrderConfirmed,
    OrderEvent,
    now,
)
from tests.support.twins import fix_and_twin


@pytest.fixture
def move_server_to(monkeypatch):
    """Sets the process's time zone, by its POSIX name."""

    def move(zone):
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@fix_and_twin(
    "name",
    "domain_events",
    "domain_events_broken",
    "The order confirmed last, by the server in New York, "
    "is filed fourteen hours before the first, from Tokyo",
)
def test_events_of_two_servers_sort_as_they_happened(
    name, load, move_server_to
):
    module = load(name)
    move_server_to("JST-9")
    first = module.OrderConfirmed(order_id=uuid4())
    move_server_to("EST5")
    last = module.OrderConfirmed(order_id=uuid4())

    assert first.occurred_at <= last.occurred_at


def test_every_event_has_an_id_of_its_own():
    order_id = uuid4()
    one, other = (OrderConfirmed(order_id=order_id) for _ in range(2))
    assert one.event_id != other.event_id


def test_events_are_equal_by_all_fields_not_by_id_alone():
    event = OrderConfirmed(order_id=uuid4())
    assert replace(event) == event
    assert replace(event, occurred_at=now() + timedelta(days=1)) != event


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


@pytest.mark.parametrize(
    "moment",
    [
        datetime.min.replace(tzinfo=timezone(timedelta(hours=5))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_time_before_or_after_all_time_is_refused(moment):
    with pytest.raises(ValueError, match="Not a time"):
        OrderConfirmed(order_id=uuid4(), occurred_at=moment)


def test_a_copy_is_the_same_event():
    event = OrderCancelled(order_id=uuid4(), reason="changed my mind")
    for same in (
        pickle.loads(pickle.dumps(event)),  # noqa: S301 - our own
        copy.deepcopy(event),
    ):
        assert same == event
        assert hash(same) == hash(event)


def test_no_field_is_taken_for_another():
    with pytest.raises(TypeError):
        DomainEvent(uuid4())
    with pytest.raises(TypeError):
        OrderEvent(uuid4())
    with pytest.raises(TypeError):
        OrderCancelled("changed my mind", order_id=uuid4())


def test_what_happened_cannot_be_changed():
    event = OrderCancelled(order_id=uuid4(), reason="changed my mind")
    with pytest.raises(AttributeError):
        event.reason = "never ordered"
