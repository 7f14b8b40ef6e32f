"""What PostgreSQL can store: text without NUL and without half a character.

JSON may hold both, escaped, and a JSONB refuses them as well. Asked first, they
are one clear error; left to the driver, they are one of three obscure ones.
"""

import re
from collections.abc import Mapping

UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL, half of a surrogate pair


def is_storable(value: object) -> bool:
    """Whether all text in it can be stored: in a text, or in a JSON value."""
    match value:
        case str():
            return UNSTORABLE.search(value) is None
        case Mapping():
            return all(map(is_storable, (*value, *value.values())))
        case list() | tuple():
            return all(map(is_storable, value))
    return True


def require_storable(value: object) -> None:
    """Raises ValueError where PostgreSQL, or its driver, would refuse."""
    if not is_storable(value):
        raise ValueError(f"PostgreSQL cannot store this: {value!r:.100}")
