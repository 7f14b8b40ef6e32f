"""Field types: a value that passes is one that PostgreSQL can store.

FastAPI's validation ends where the annotation ends. `str` lets a NUL through,
`int` has no bound, `float` takes Infinity, and each comes back from the
database as an error 500. These types say it all, and OpenAPI tells clients.
"""

import json
import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    WithJsonSchema,
)

from ..code_style.storable_text import require_storable

AMOUNT = r"^[0-9]{1,12}(\.[0-9]{1,3})?$"
TEXT = {"type": "string", "pattern": AMOUNT}
NUMBER = {
    "type": "number",
    "minimum": 0,
    "maximum": 999_999_999_999.999,
    "multipleOf": 0.001,
}


class RequestModel(BaseModel):
    """Base of all bodies and queries: what it does not name is refused, and so
    is a float that is not finite.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def _storable_text(value: str) -> str:
    require_storable(value)
    return value


def _storable_json(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    require_storable(value)
    json.dumps(value, allow_nan=False)  # ValueError: NaN is no JSON
    return value


def _plain(value: Decimal) -> Decimal:
    """0E-999999999 has no digit after the point, and no NUMERIC takes it."""
    return value.quantize(Decimal("0.001")) + 0


def _written_out(value: object) -> object:
    """Python also reads 1_000, 1e3 and the digits of other scripts."""
    if isinstance(value, str) and not re.fullmatch(AMOUNT, value):
        raise ValueError("This is no amount such as 4.90")
    return value


def _number(value: object) -> object:
    if isinstance(value, bool | str):
        raise ValueError("This is no number")  # noqa: TRY004 - Pydantic's way
    return value


def property_names(schema: dict[str, Any]) -> None:
    """For the ``json_schema_extra`` of a dict whose keys have a pattern.

    Pydantic (2.14) writes ``patternProperties``, which allows all other keys,
    and which generators of clients pass over.
    """
    for pattern, value in schema.pop("patternProperties").items():
        schema["propertyNames"] = {"pattern": pattern}
        schema["additionalProperties"] = value


Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_storable_text),
    Field(json_schema_extra={"pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"}),
]
"""1 to 200 characters, without the spaces around them."""

JsonObject = Annotated[dict[str, JsonValue], AfterValidator(_storable_json)]
"""What a JSONB holds. pydantic ends its nesting at 255 levels."""

Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
"""PostgreSQL's `integer`, such as an id in a path."""

Pieces = Annotated[int, Field(ge=1, le=2**31 - 1), BeforeValidator(_number)]
"""How many. Neither `true` nor "1" is 1; in JSON Schema, 1.0 is."""

Amount = Annotated[
    Decimal,
    Field(ge=0, max_digits=15, decimal_places=3),
    BeforeValidator(_written_out),
    AfterValidator(_plain),
    WithJsonSchema({"anyOf": [NUMBER, TEXT]}, mode="validation"),
]
"""For a NUMERIC(18,3). A JSON number of up to 15 digits is what was sent: it
is a double by the time that Python has it, and a double holds 15.
"""
