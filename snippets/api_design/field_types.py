"""Field types: a value that passes is one that PostgreSQL can store.

FastAPI's validation ends where the annotation ends. `str` lets a NUL through,
`int` has no bound, `float` takes Infinity, and each comes back from the
database as an error 500. These types say it all, and OpenAPI tells clients.
"""

import json
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
)

from ..code_style.storable_text import require_storable


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


Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_storable_text),
]
"""1 to 200 characters, without the spaces around them."""

JsonObject = Annotated[dict[str, JsonValue], AfterValidator(_storable_json)]
"""What a JSONB holds. pydantic ends its nesting at 255 levels."""

Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
"""PostgreSQL's `integer`, such as an id in a path."""

Pieces = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
"""How many; strict, so that neither `true` nor "1" is 1."""

Amount = Annotated[
    Decimal,
    Field(ge=0, max_digits=15, decimal_places=3),
    AfterValidator(_plain),
]
"""For a NUMERIC(18,3). A JSON number of up to 15 digits is what was sent: it
is a double by the time that Python has it, and a double holds 15.
"""
