"""Compatible schemas: what the one allows, the other does, for any value."""

from typing import Annotated, Literal

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter

from snippets.api_design.schema_compatibility import Comparison, Side


def excess(made, taken, of_input=False, document=None):
    document = document or {}
    return list(
        Comparison(of_input=of_input).excess(
            Side(document, {}).to(made), Side(document, {}).to(taken), "$"
        )
    )


LEAVES = st.sampled_from(
    [
        {},
        {"type": "integer"},
        {"type": "integer", "minimum": 0},
        {"type": "integer", "minimum": 1, "maximum": 3},
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string"},
        {"type": "string", "maxLength": 1},
        {"type": "string", "enum": ["a", "b"]},
        {"type": "string", "const": "a"},
        {"type": ["string", "null"]},
        {"type": "null"},
        {"type": "boolean"},
    ]
)


def containers(inner):
    fields = st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    return st.one_of(
        st.lists(inner, min_size=1, max_size=2).map(lambda m: {"anyOf": m}),
        inner.map(lambda items: {"type": "array", "items": items}),
        st.builds(
            lambda fields, required, more: {
                "type": "object",
                "properties": fields,
                "required": sorted(required & fields.keys()),
                "additionalProperties": more,
            },
            fields,
            st.sets(st.sampled_from("ab")),
            st.booleans() | inner,
        ),
    )


SCHEMAS = st.recursive(LEAVES, containers, max_leaves=5)
VALUES = st.recursive(
    st.sampled_from([None, True, 0, 1, 2, 4, -1, 0.5, "", "a", "b", "ab"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=4,
)


@given(SCHEMAS, SCHEMAS, st.lists(VALUES, max_size=20), st.booleans())
def test_what_passes_takes_every_value(made, taken, values, of_input):
    if not excess(made, taken, of_input):
        for value in values:
            assert not jsonschema_rs.is_valid(
                made, value
            ) or jsonschema_rs.is_valid(taken, value)


@given(SCHEMAS)
def test_a_schema_is_compatible_with_itself(schema):
    assert excess(schema, schema) == []


@pytest.mark.parametrize(
    ("made", "taken", "lines"),
    [
        ({"type": "integer"}, {"type": "number"}, []),
        ({"type": "number"}, {"type": "integer"}, 1),
        ({}, {"type": "string"}, 1),
        ({"type": "string"}, {}, []),
        ({"enum": ["a"], "type": "string"}, {"type": "string"}, []),
        ({"enum": ["a"], "type": "string"}, {"type": "null"}, 1),
        ({"type": ["string", "null"]}, {"type": "string"}, 1),
        ({"oneOf": [{"type": "null"}]}, {"type": ["null", "string"]}, []),
        ({"type": "array"}, {"type": "array", "items": {"type": "null"}}, 1),
        (
            {"type": "object", "additionalProperties": {"type": "null"}},
            {"type": "object", "additionalProperties": {"type": "string"}},
            1,
        ),
        (
            {"type": "object", "properties": {"a": {"type": "null"}}},
            {"type": "object", "additionalProperties": {"type": "string"}},
            2,
        ),
        ({}, {"propertyNames": {"pattern": "^A"}}, 1),
        (
            {"propertyNames": {"pattern": "^A"}},
            {"propertyNames": {"pattern": "^A"}},
            [],
        ),
    ],
)
def test_one_allows_no_more_than_the_other(made, taken, lines):
    assert len(excess(made, taken)) == (lines or 0)


SKU = Annotated[str, Field(pattern="^[A-Z]+$")]
SHORT = Annotated[str, Field(max_length=3)]
FEW = Annotated[int, Field(le=9)]


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (int, Annotated[int, Field(multiple_of=5)]),
        (list[int], set[int]),
        (dict[str, int], Annotated[dict[str, int], Field(max_length=2)]),
        (dict[str, int], Annotated[dict[str, int], Field(min_length=1)]),
        (dict[str, int], dict[SKU, int]),
        (dict[str, int], dict[SHORT, int]),
        (dict[str, int], dict[Literal["a", "b"], int]),
        (dict[SKU, int], dict[SKU, FEW]),
    ],
)
def test_a_type_of_pydantics_that_takes_less_is_told_from_one_that_takes_more(
    wide, narrow
):
    wide, narrow = (TypeAdapter(each).json_schema() for each in (wide, narrow))
    assert len(excess(wide, narrow, True)) == 1
    assert excess(narrow, wide, True) == []


def test_a_reference_leads_into_its_own_document():
    document = {"components": {"schemas": {"A": {"$ref": "#/b"}}}, "b": {}}
    assert excess({"$ref": "#/components/schemas/A"}, {}, False, document) == []


def test_a_reference_that_leads_nowhere_is_an_error():
    with pytest.raises(KeyError):
        excess({"$ref": "#/components/schemas/A"}, {})
