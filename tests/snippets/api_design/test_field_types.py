"""Field types: what PostgreSQL cannot store is refused with 422."""

import pytest
from pydantic import TypeAdapter, ValidationError

from snippets.api_design.field_types import Amount, Int32, JsonObject, Text


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Text, "a\0b"),
        (Text, "\ud800"),
        (Text, "   "),
        (Int32, 2**31),
        (Amount, "NaN"),
        (JsonObject, {"a": ["\0"]}),
    ],
)
def test_what_no_column_holds_is_refused(kind, value):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)
