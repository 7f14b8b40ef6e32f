"""Field types: what passes, and what OpenAPI tells of it.

What PostgreSQL makes of it is tested with the routes.
"""

import re
from decimal import Decimal
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from snippets.api_design.field_types import (
    Amount,
    Int32,
    JsonObject,
    Pieces,
    RequestModel,
    Text,
    property_names,
)
from tests.support.databases import UNSTORABLE


def passes(kind, value):
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("text", UNSTORABLE)
def test_text_that_no_column_holds_is_refused(text):
    assert not passes(Text, text)
    assert not passes(JsonObject, {text: 1})
    assert not passes(JsonObject, {"a": [{"b": text}]})


def test_text_loses_the_spaces_around_it():
    text = TypeAdapter(Text)
    assert text.validate_python("\t Ann \u3000\n") == "Ann"
    assert passes(Text, " " + "x" * 200)
    assert not passes(Text, "x" * 201)
    assert not passes(Text, " \n")


@pytest.mark.parametrize(("kind", "lowest"), [(Int32, -(2**31)), (Pieces, 1)])
def test_a_whole_number_ends_where_the_column_does(kind, lowest):
    assert passes(kind, lowest)
    assert passes(kind, 2**31 - 1)
    assert not passes(kind, lowest - 1)
    assert not passes(kind, 2**31)


@pytest.mark.parametrize("value", [True, "1", 1.5, None, float("inf")])
def test_pieces_are_counted_in_whole_numbers(value):
    assert not passes(Pieces, value)
    assert passes(Pieces, 1.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_is_finite(value):
    class Rating(RequestModel):
        stars: float

    assert not passes(Rating, {"stars": value})
    assert not passes(Amount, value)
    assert not passes(JsonObject, {"a": [value]})


@given(st.decimals("0", "999999999999.999", places=3))
def test_an_amount_is_exactly_what_was_sent(amount):
    parsed = TypeAdapter(Amount).validate_python
    assert parsed(str(amount)) == parsed(float(amount)) == amount


@pytest.mark.parametrize(
    ("sent", "plain"),
    [
        ("1E+3", "1000.000"),
        ("-0", "0.000"),
        ("0E+999999999", "0.000"),
        ("0E-999999999", "0.000"),
        ("999999999999.999", "999999999999.999"),
    ],
)
def test_an_amount_has_no_exponent(sent, plain):
    amount = TypeAdapter(Amount).validate_python(Decimal(sent))
    assert str(amount) == plain


@pytest.mark.parametrize(
    "sent", ["1_000", "1e3", "\uff19", " 5", "+5", ".5", "5.", "5.0000", ""]
)
def test_an_amount_in_a_text_is_written_as_the_document_says(sent):
    assert not passes(Amount, sent)


def test_a_field_that_nobody_named_is_refused():
    class Empty(RequestModel): ...

    assert passes(Empty, {})
    assert not passes(Empty, {"role": "admin"})


def test_openapi_tells_the_bounds():
    class All(RequestModel):
        text: Text
        number: Int32
        pieces: Pieces
        amount: Amount

    schema = All.model_json_schema()
    assert schema["additionalProperties"] is False
    assert schema["properties"]["text"]["maxLength"] == 200
    assert schema["properties"]["number"]["maximum"] == 2**31 - 1
    assert schema["properties"]["pieces"]["minimum"] == 1
    number, text = schema["properties"]["amount"]["anyOf"]
    assert number["multipleOf"] == 0.001
    assert text["pattern"] == r"^[0-9]{1,12}(\.[0-9]{1,3})?$"


def test_openapi_tells_what_keys_there_may_be():
    class Order(RequestModel):
        units: dict[
            Annotated[str, Field(pattern="^[A-Z]$")], Annotated[int, Field()]
        ] = Field(json_schema_extra=property_names)

    units = Order.model_json_schema()["properties"]["units"]
    assert units["propertyNames"] == {"pattern": "^[A-Z]$"}
    assert units["additionalProperties"] == {"type": "integer"}
    assert "patternProperties" not in units


@given(st.text("a\xe9 \n\0", max_size=4))
def test_openapi_tells_what_a_text_must_not_be(text):
    pattern = TypeAdapter(Text).json_schema()["pattern"]
    assert bool(re.search(pattern, text)) is passes(Text, text)
