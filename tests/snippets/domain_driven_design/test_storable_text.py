"""What a row may have as text."""

import psycopg
import pytest

from snippets.domain_driven_design.storable_text import is_storable
from tests.support.databases import UNSTORABLE


@pytest.mark.parametrize("sku", [*UNSTORABLE, "TEA-1", "茶", "\x01", "🫖", ""])
def test_it_agrees_with_postgresql(postgres_url, sku):
    with psycopg.connect(postgres_url) as connection:
        try:
            connection.execute("select %s::text", [sku])
        except (psycopg.DataError, UnicodeEncodeError):
            assert not is_storable(sku)
        else:
            assert is_storable(sku)
