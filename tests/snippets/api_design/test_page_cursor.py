"""Cursors: back exactly as they went, and nothing else goes in."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snippets.api_design.page_cursor import (
    LAYOUT,
    VERSION,
    InvalidCursorError,
    from_cursor,
    to_cursor,
)
from snippets.database_patterns.keyset_query import InvoiceKey

KEY = InvoiceKey(  # alike in each worker
    datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC),
    UUID("0193f2a8-2f4c-7c1e-9d57-6b1f0c7d9a11"),
)


@given(st.datetimes(timezones=st.just(UTC)), st.uuids(), st.text())
@example(datetime.min.replace(tzinfo=UTC), UUID(int=0), "")
@example(datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1), "x")
def test_a_place_comes_back_to_the_microsecond(moment, identity, filters):
    filters = filters.encode(errors="replace").decode()
    key = InvoiceKey(moment, identity)
    cursor = to_cursor(key, filters)

    assert from_cursor(cursor, filters) == key
    assert len(cursor) == 44
    assert quote(cursor, safe="") == cursor


@given(
    st.text()
    | st.binary(min_size=33, max_size=33).map(
        lambda raw: urlsafe_b64encode(raw).decode()
    )
)
@example("\0")
@example("\ud800")
@example("")
@example("=" * 44)
def test_what_is_made_up_is_refused_in_one_way(cursor):
    with pytest.raises(InvalidCursorError):
        from_cursor(cursor, "a list")


def packed(version=VERSION, place=0):
    genuine = to_cursor(KEY, "a list")
    digest = LAYOUT.unpack(urlsafe_b64decode(genuine))[1]
    raw = LAYOUT.pack(version, digest, place, KEY.id.bytes)
    return urlsafe_b64encode(raw).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        packed(version=VERSION + 1),
        packed(place=2**63 - 1),
        packed(place=-(2**63)),
        to_cursor(KEY, "another list"),
        to_cursor(KEY, "a list")[:-1],
        to_cursor(KEY, "a list")[:-4],
        to_cursor(KEY, "a list") + "AAAA",
        to_cursor(KEY, "a list") + "\n",
        " " + to_cursor(KEY, "a list"),
    ],
)
def test_another_version_time_or_list_is_refused(cursor):
    with pytest.raises(InvalidCursorError):
        from_cursor(cursor, "a list")
