"""Envelope: nothing is lost on the way, and nonsense is refused."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from snippets.event_driven.event_envelope import EventEnvelope

FIELDS = {"type": "order.placed", "subject": "order-7", "data": {"total": "9"}}


def test_a_round_trip_loses_nothing():
    event = EventEnvelope(
        **FIELDS,
        version=3,
        source="/shop/web",
        time=datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=1))),
    )

    assert EventEnvelope.from_json(event.to_json()) == event


def test_it_is_a_cloud_event_in_json_format():
    event = EventEnvelope(
        **FIELDS, id=uuid4(), time=datetime(2026, 3, 1, tzinfo=UTC)
    )

    assert json.loads(event.to_json()) == {
        "specversion": "1.0",
        "id": str(event.id),
        "source": "/shop",
        "type": "order.placed",
        "subject": "order-7",
        "time": "2026-03-01T00:00:00+00:00",
        "datacontenttype": "application/json",
        "dataversion": 1,
        "data": {"total": "9"},
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"source": ""},
        {"version": 0},
        {"version": 2**31},
        {"version": True},
        {"time": datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))},
        {"time": datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))},
        {"time": datetime(2026, 3, 1)},  # noqa: DTZ001 - that is the point
    ],
)
def test_an_attribute_that_says_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match=r"Neither|from 1|time"):
        EventEnvelope(**(FIELDS | wrong))


@pytest.mark.parametrize(
    "event_type",
    [
        "",
        "order placed",
        "order.placed\n",
        "order\r\n.placed",
        "order.placed\nid: 7",
        "order\0placed",
        "order.*",
        "order.>",
        "order.#",
        ".placed",
        "order.",
        "order..placed",
        "órder.placed",
        "order\u2028placed",
        "order\ud800",
        "order/placed",
        "x" * 201,
        "x." * 5_000 + "x",
    ],
)
def test_a_type_that_some_bus_cannot_carry_is_refused(event_type):
    with pytest.raises(ValueError, match="Not an event type"):
        EventEnvelope(**(FIELDS | {"type": event_type}))


@pytest.mark.parametrize(
    "text", ["order\n7", "order\0", "\ud800", "\u2028", "x" * 201]
)
@pytest.mark.parametrize("name", ["subject", "source"])
def test_a_subject_or_source_of_more_than_a_line_is_refused(name, text):
    with pytest.raises(ValueError, match="Neither subject nor source"):
        EventEnvelope(**(FIELDS | {name: text}))


@pytest.mark.parametrize(
    "event_type", ["order.placed", "a", "A-1_b.c", "x" * 200]
)
@pytest.mark.parametrize("subject", ["order-7", "Käse 7", "x" * 200, "🫖"])
def test_what_every_bus_carries_is_accepted(event_type, subject):
    event = EventEnvelope(type=event_type, subject=subject, data={})

    assert EventEnvelope.from_json(event.to_json()) == event


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        *[("id", "\u0663" * 32), ("id", "1_" * 15 + "11"), ("id", 7)],
        *[("id", "{018f3b7a-0000-7000-8000-000000000001}"), ("id", "")],
        *[("time", "20260301"), ("time", "2026"), ("time", "2026-W09-7")],
        *[("time", 1772366400), ("time", "1772366400"), ("time", None)],
        *[("time", "0001-01-01T00:00:00+05:00"), ("time", "2026-03-01T00:00")],
        *[("dataversion", True), ("dataversion", 1.0), ("dataversion", None)],
    ],
)
def test_what_only_looks_like_an_attribute_is_no_event(attribute, value):
    event = json.loads(EventEnvelope(**FIELDS).to_json())
    with pytest.raises(ValueError, match=r"."):
        EventEnvelope.from_json(json.dumps({**event, attribute: value}))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"hello",
        b"[]",
        b'"order.placed"',
        b"{}",
        EventEnvelope(**FIELDS).to_json().replace(b'"id": "', b'"id": "x'),
        EventEnvelope(**FIELDS).to_json().replace(b'"time": "2', b'"time": "'),
        EventEnvelope(**FIELDS).to_json().replace(b'n": 1', b'n": "1"'),
        EventEnvelope(**FIELDS).to_json().replace(b'n": 1', b'n": 1.5'),
        EventEnvelope(**FIELDS).to_json().replace(b'"order-7"', b'["x"]'),
        EventEnvelope(**FIELDS).to_json().replace(b'{"total": "9"}', b"[]"),
        EventEnvelope(**FIELDS).to_json().replace(b'{"total": "9"}', b"null"),
        EventEnvelope(**FIELDS).to_json().replace(b'"9"', b"NaN"),
        EventEnvelope(**FIELDS).to_json().replace(b'"9"', b"[-Infinity]"),
        EventEnvelope(**FIELDS).to_json().replace(b'"9"', b"1e400"),
        EventEnvelope(**FIELDS).to_json().replace(b'"9"', b"9" * 5_000),
        EventEnvelope(**FIELDS).to_json().replace(b'"9"', b'"\xff"'),
        EventEnvelope(**FIELDS).to_json().replace(b"order.pl", b"order\\npl"),
        EventEnvelope(**FIELDS).to_json().replace(b'"order.placed"', b"7"),
        EventEnvelope(**FIELDS).to_json().replace(b'"order-7"', b"null"),
        b"[" * 200_000,
    ],
)
def test_text_that_is_no_event_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        EventEnvelope.from_json(text)


def test_a_number_is_read_as_it_was_written():
    text = EventEnvelope(**FIELDS).to_json().replace(b'"9"', b"1.50")

    assert EventEnvelope.from_json(text).data == {"total": 1.5}


def test_data_that_json_cannot_hold_is_a_type_error():
    with pytest.raises(TypeError):
        EventEnvelope(
            **(FIELDS | {"data": {"at": datetime.now(UTC)}})
        ).to_json()


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_number_that_json_cannot_hold_is_a_value_error(number):
    with pytest.raises(ValueError, match="JSON compliant"):
        EventEnvelope(**(FIELDS | {"data": {"total": float(number)}})).to_json()
