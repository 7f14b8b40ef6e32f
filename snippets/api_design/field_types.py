"""Field types: a value that passes is one that PostgreSQL can store.

FastAPI's validation ends where the annotation ends. `str` lets a NUL through,
`int` has no bound and `float` takes Infinity, and each comes back from the
database as an error 500. These say it all, and OpenAPI tells the bounds to
clients.
"""

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


def _storable(value: JsonValue) -> JsonValue:
    require_storable(value)
    return value


def _storable_text(value: str) -> str:
    require_storable(value)
    return value


class RequestModel(BaseModel):
    """Base of all bodies: a field that the model does not name is refused."""

    model_config = ConfigDict(extra="forbid")


Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_storable_text),
]
"""One line or a few, 1 to 200 characters without the spaces around them."""

JsonObject = Annotated[dict[str, JsonValue], AfterValidator(_storable)]
"""What a JSONB holds; JSON's escaped NUL and half a character it does not."""

Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
"""PostgreSQL's `integer`, as in an id of a serial column."""

Quantity32 = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]

Amount = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=3)]
"""A finite number; up to 15 digits, a JSON number still is what was sent."""
