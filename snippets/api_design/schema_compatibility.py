"""What one JSON schema allows and another does not.

Of what clients send, the new schema must allow all that the old one did. Of
what they get, the new one must allow nothing that the old one did not. That is
one question, in which the two schemas change sides.

Compared is what Pydantic writes: types, unions, enums, fields, keys, items,
bounds, patterns and formats. Not ``allOf``, ``not``, ``if`` or tuples.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from typing import Any

Schema = Mapping[str, Any]

AT_LEAST = (
    *("minimum", "exclusiveMinimum"),
    *("minLength", "minItems", "minProperties"),
)
AT_MOST = (
    *("maximum", "exclusiveMaximum"),
    *("maxLength", "maxItems", "maxProperties"),
)
EQUAL = ("pattern", "format", "multipleOf", "uniqueItems")
KEYS = "patternProperties"  # of a dict whose keys have a form, there is no more


@dataclass(frozen=True)
class Side:
    """A schema in its document, where its references lead."""

    document: Schema
    schema: Schema

    def to(self, schema: Schema | bool) -> "Side":
        """Another schema of the document; references are followed."""
        found: Any = {} if isinstance(schema, bool) else schema
        while "$ref" in found:  # True, of the rest of an object, has none
            steps = found["$ref"].removeprefix("#/").split("/")
            found = reduce(getitem, steps, self.document)
        return Side(self.document, found)

    def get(self, keyword: str, default: Any = None) -> Any:  # noqa: ANN401 - JSON
        return self.schema.get(keyword, default)

    def alternatives(self) -> list["Side"]:
        """What a value may be one of."""
        members = self.get("anyOf") or self.get("oneOf")
        if not members and isinstance(self.get("type"), list):
            members = [
                {**self.schema, "type": kind} for kind in self.get("type")
            ]
        if not members:
            return [self]
        return [a for m in members for a in self.to(m).alternatives()]

    def values(self) -> list[Any] | None:
        """All there are, of an enum or a constant."""
        if "const" in self.schema:
            return [self.get("const")]
        return list(self.get("enum")) if "enum" in self.schema else None


class Comparison:
    """Of what clients send (``of_input``), or of what they get.

    `excess` takes the side that makes the values, the old one or the new, and
    the side that must take them.
    """

    def __init__(self, *, of_input: bool) -> None:
        self._of_input = of_input
        self._open: set[tuple[int, int]] = set()

    def excess(self, made: Side, taken: Side, at: str) -> Iterator[str]:
        """A line for each kind of value that is made and not taken."""
        pair = (id(made.schema), id(taken.schema))
        if pair in self._open:
            return  # a schema that contains itself
        self._open.add(pair)
        takers = taken.alternatives()
        for one in made.alternatives():
            found = (list(self._misfits(one, taker, at)) for taker in takers)
            yield from min(found, key=len)
        self._open.remove(pair)

    def _misfits(self, made: Side, taken: Side, at: str) -> Iterator[str]:
        values, wanted = made.values(), taken.values()
        if wanted is not None:
            if values is None:
                yield f"{at}: more than {wanted}"
            yield from (f"{at}: {v!r}" for v in values or () if v not in wanted)
        elif not _same_kind(made.get("type"), taken.get("type")):
            yield f"{at}: {made.get('type', 'any')}, not {taken.get('type')}"
        else:
            yield from self._limits(made, taken, at)
            yield from self._fields(made, taken, at)
            if "items" in taken.schema:
                items = made.to(made.get("items", True))
                wanted_items = taken.to(taken.get("items"))
                yield from self.excess(items, wanted_items, f"{at}[]")

    def _limits(self, made: Side, taken: Side, at: str) -> Iterator[str]:
        for name in (*AT_LEAST, *AT_MOST, *EQUAL):
            limit, own = taken.get(name), made.get(name)
            if limit is not None and not _is_within(name, own, limit):
                yield f"{at}: {name} is {own}, not {limit}"

    def _fields(self, made: Side, taken: Side, at: str) -> Iterator[str]:
        missing = {*taken.get("required", ())} - {*made.get("required", ())}
        yield from (f"{at}.{name}: may be absent" for name in sorted(missing))
        keys, wanted = made.get(KEYS, {}), taken.get(KEYS, {})
        yield from (f"{at}.*: {k} only" for k in wanted if k not in keys)
        if "propertyNames" in taken.schema:
            names = made.to(made.get("propertyNames", {}))
            wanted_names = taken.to(taken.get("propertyNames"))
            yield from self.excess(names, wanted_names, f"{at} keys")
        fields = {**made.get("properties", {}), **keys}
        known = {**taken.get("properties", {}), **wanted}
        rest = taken.get("additionalProperties", True)
        for name, schema in fields.items():
            place = f"{at}.{name}"
            if name in known:
                inner = taken.to(known[name])
                yield from self.excess(made.to(schema), inner, place)
            elif rest is False or (rest is True and self._of_input):
                yield f"{place}: unknown"  # refused, or ignored
            else:
                yield from self.excess(made.to(schema), taken.to(rest), place)
        others = made.get("additionalProperties", not keys)
        if others is False or rest is True:
            return
        if rest is False:
            yield f"{at}.*: unknown"
        else:
            yield from self.excess(made.to(others), taken.to(rest), f"{at}.*")


def _same_kind(made: str | None, taken: str | None) -> bool:
    return taken in {None, made} or (made, taken) == ("integer", "number")


def _is_within(name: str, own: Any, limit: Any) -> bool:  # noqa: ANN401 - JSON
    if own is None or name in EQUAL:
        return bool(own == limit)
    return bool(own >= limit if name in AT_LEAST else own <= limit)
