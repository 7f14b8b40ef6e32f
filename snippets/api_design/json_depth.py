"""JSON of the client's own making, but not deeper than anybody needs.

Python parses some 970 levels, pydantic (2.14) validates 255 and writes fewer.
What is accepted in between, and stored, is an error 500 for whoever reads it.
"""

from typing import Annotated

from pydantic import AfterValidator, JsonValue

from .field_types import JsonObject, RequestModel

DEEPEST = 20  # levels of arrays and objects


def _shallow(value: JsonValue) -> JsonValue:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
    if any(isinstance(inner, dict | list) for inner in level):
        raise ValueError(f"More than {DEEPEST} levels deep")
    return value


def _inside(value: JsonValue) -> list[JsonValue]:
    match value:
        case dict():
            return [*value.values()]
        case list():
            return value
    return []


ShallowObject = Annotated[JsonObject, AfterValidator(_shallow)]
"""An object that can be stored, and shown again."""


class Preferences(RequestModel):
    """How a client wants the shop to look; only the client knows the form."""

    values: ShallowObject
