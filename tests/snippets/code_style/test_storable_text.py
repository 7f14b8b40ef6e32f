"""What can be stored, as PostgreSQL itself sees it."""

import json

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snippets.code_style.storable_text import is_storable, require_storable
from tests.support.databases import UNSTORABLE

texts = st.text(
    st.characters(categories=["L", "Cs", "Cc", "So"]) | st.just("\0"),
    max_size=9,
)
values = st.recursive(
    texts | st.integers(0, 9) | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=5,
)


@pytest.fixture
def connection(postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


def test_it_agrees_with_postgresql(connection):
    def stores(statement, text):
        try:
            connection.execute(statement, [text])
        except (psycopg.DataError, UnicodeEncodeError):
            return False
        return True

    @settings(max_examples=200)
    @given(texts, values)
    def agrees(text, value):
        assert is_storable(text) == stores("select %s::text", text)
        # The halves of one character, side by side, are a character in JSON.
        read = json.loads(json.dumps(value))
        written = json.dumps(read)
        assert is_storable(read) == stores("select %s::jsonb", written)

    agrees()


@pytest.mark.parametrize("text", UNSTORABLE)
@pytest.mark.parametrize(
    "value",
    [
        lambda text: text,
        lambda text: {text: 1},
        lambda text: {"a": [1, (text,)]},
    ],
)
def test_what_cannot_be_stored_is_named(text, value):
    with pytest.raises(ValueError, match="PostgreSQL cannot store this"):
        require_storable(value(text))
