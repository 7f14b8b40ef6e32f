"""Moments: RFC 3339 and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from snippets.api_design.moment_type import Moment

moment = TypeAdapter(Moment)
ZONES = st.timezones() | st.just(UTC)


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-01-31T12:00:00Z", 0),
        ("2026-01-31T14:00:00+02:00", 0),
        ("2026-01-31T00:00:00-12:00", 0),
        ("2026-01-31T12:00:00.5Z", 500_000),
        ("2026-01-31T12:00:00.123456Z", 123_456),
    ],
)
def test_a_moment_comes_out_in_utc(text, microsecond):
    parsed = moment.validate_python(text)
    assert parsed == datetime(2026, 1, 31, 12, 0, 0, microsecond, UTC)
    assert parsed.utcoffset() == timedelta(0)


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_python_writes_is_read(when):
    assert moment.validate_python(when.isoformat()) == when


@pytest.mark.parametrize(
    "value",
    [
        *("2026", "20260131", "1.5", "-1", "", "now", "NaN", "Infinity"),
        *("2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00Z"),
        *("2026-01-31 12:00:00Z", "2026-01-31t12:00:00z"),
        *("2026-01-31T12:00:00 02:00", "2026-01-31T12:00:00Z\n"),
        *("2026-02-30T12:00:00Z", "2026-01-31T24:00:00Z"),
        *("2026-01-31T12:00:60Z", "2026-01-31T12:00:00.1234567Z"),
        *("2026-01-31T12:00:00+24:00", "0000-01-01T00:00:00Z"),
        *("0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"),
        "\uff12026-01-31T12:00:00Z",
        *(2026, 1.5, True, None, ["2026-01-31T12:00:00Z"]),
        *(float("nan"), datetime(2026, 1, 31, tzinfo=UTC)),
    ],
)
def test_what_is_ambiguous_or_no_moment_is_refused(value):
    with pytest.raises(ValidationError):
        moment.validate_python(value)
