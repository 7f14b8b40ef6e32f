"""Error text: PostgreSQL takes it, whatever the error is made of."""

import psycopg
import pytest

from snippets.code_style.error_text import error_text


class SaysError(Exception):
    """Its repr is what it was given, or raises it."""

    def __repr__(self):
        (said,) = self.args
        if isinstance(said, Exception):
            raise said
        return said


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("sold out: ñ", "sold out: ñ"),
        ("input_value='a\0b'", "input_value='a\\x00b'"),
        ("half a pair: \ud83d", "half a pair: \\ud83d"),
        ("x" * 3_000, "x" * 2_000),
        (RecursionError(), "SaysError, whose repr raises <class 'RecursionErr"),
        (None, "SaysError, whose repr raises <class 'TypeError'>"),
    ],
    ids=["text", "nul", "surrogate", "long", "broken repr", "no text"],
)
def test_what_an_error_says_can_be_stored(postgres_url, said, text):
    made = error_text(SaysError(said))

    assert made.startswith(text)
    assert len(made) <= 2_000
    with psycopg.connect(postgres_url) as connection:
        cursor = connection.execute("select %s::text", [made])
        assert cursor.fetchone() == (made,)
