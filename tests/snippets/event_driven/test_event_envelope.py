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
        {"type": ""},
        {"subject": ""},
        {"source": ""},
        {"version": 0},
        {"time": datetime(2026, 3, 1)},  # noqa: DTZ001 - that is the point
    ],
)
def test_an_attribute_that_says_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match=r"empty|start at 1|time zone"):
        EventEnvelope(**(FIELDS | wrong))


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
        b"[" * 200_000,
    ],
)
def test_text_that_is_no_event_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        EventEnvelope.from_json(text)


def test_data_that_json_cannot_hold_is_a_type_error():
    with pytest.raises(TypeError):
        EventEnvelope(
            **(FIELDS | {"data": {"at": datetime.now(UTC)}})
        ).to_json()


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_number_that_json_cannot_hold_is_a_value_error(number):
    with pytest.raises(ValueError, match="JSON compliant"):
        EventEnvelope(**(FIELDS | {"data": {"total": float(number)}})).to_json()
