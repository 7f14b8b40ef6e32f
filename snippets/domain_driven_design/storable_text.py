"""What a SKU may be, and PostgreSQL can store."""

import re

UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL, half of a surrogate pair


def is_storable(text: str) -> bool:
    """Whether a row may have it: else nobody need ask the database."""
    return UNSTORABLE.search(text) is None
