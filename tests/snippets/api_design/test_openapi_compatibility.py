"""The gate: it is red for what breaks a client, and for nothing else."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from inspect import Parameter, Signature
from typing import Annotated, Literal

import pytest
from fastapi import Body, Depends, FastAPI
from fastapi.security import HTTPBasic, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, create_model

from snippets.api_design import (
    openapi_compatibility,
    openapi_compatibility_paths_broken,
    openapi_compatibility_snapshot_broken,
)
from snippets.api_design.openapi_compatibility import breaking_changes
from tests.support.twins import fix_and_twin


class Line(BaseModel):
    sku: str
    quantity: int


class Status(StrEnum):
    OPEN = "open"
    PAID = "paid"


class Tree(BaseModel):
    name: str
    children: list["Tree"] = []


class GrownTree(BaseModel):
    name: str
    colour: str
    children: list["GrownTree"] = []


EMPTY, KEYWORD_ONLY = Parameter.empty, Parameter.KEYWORD_ONLY
Sku = Annotated[str, Field(pattern="^[A-Z]$")]
SENT = {
    "customer": (str, ...),
    "note": (str | None, None),
    "kind": (Literal["web", "app"], "web"),
    "quantity": (Annotated[int, Field(ge=1, le=99)], 1),
    "code": (Annotated[str, Field(pattern="^[A-Z]+$")], "A"),
    "due": (datetime | None, None),
    "lines": (list[Line], []),
    "limits": (dict[str, int], {}),
    "units": (dict[Sku, int], {}),
}
GOT = {
    "id": (int, ...),
    "total": (Decimal, ...),
    "status": (Status, ...),
    "note": (str | None, None),
    "paid": (Annotated[int, Field(ge=0)], 0),
    "lines": (list[Line], []),
    "sums": (dict[str, int], {}),
    "only": (Literal["x"], "x"),
}


def document(  # noqa: PLR0913 - what may change
    *,
    sent=None,
    got=None,
    query=(int, 10),
    path="/orders",
    status=201,
    security=None,
    extra="ignore",
    required=True,
    name="place_order",
    content="application/json",
    responses=None,
):
    """An API's document; a field that is None is left out."""
    app = FastAPI()
    Sent = model("Sent", SENT | (sent or {}), extra)  # noqa: N806 - a class
    Got = model("Got", GOT | (got or {}))  # noqa: N806 - a class
    body = Annotated[Sent, Body(media_type=content)]
    takes = {"sent": (body, EMPTY) if required else (body | None, None)}
    if query:
        takes["limit"] = query

    async def place(**_): ...

    place.__signature__ = Signature(
        [
            Parameter(name, KEYWORD_ONLY, annotation=kind, default=default)
            for name, (kind, default) in takes.items()
        ],
        return_annotation=Got,
    )
    app.post(
        path,
        status_code=status,
        operation_id=name,
        responses=responses,
        dependencies=[Depends(security)] if security else [],
    )(place)
    return app.openapi()


def model(name, fields, extra="ignore"):
    there = {k: v for k, v in fields.items() if v is not None}
    config = ConfigDict(extra=extra)
    return create_model(name, __config__=config, **there)


OLD = document()


@fix_and_twin(
    "module",
    openapi_compatibility,
    openapi_compatibility_paths_broken,
    "A field is renamed, CI is green, and old clients show no total.",
)
def test_a_field_that_is_gone_is_a_break(module):
    new = document(got={"total": None, "amount": (Decimal, ...)})
    assert module.breaking_changes(OLD, new)


@fix_and_twin(
    "module",
    openapi_compatibility,
    openapi_compatibility_snapshot_broken,
    "Every addition is red, so the snapshot is renewed unread, breaks"
    " included.",
)
def test_a_new_field_is_no_break(module):
    new = document(got={"voucher": (str, "")})
    assert module.breaking_changes(OLD, new) == []


@pytest.mark.parametrize(
    "module",
    [
        openapi_compatibility,
        openapi_compatibility_paths_broken,
        openapi_compatibility_snapshot_broken,
    ],
)
def test_each_gate_sees_that_an_operation_is_gone(module):
    assert module.breaking_changes(OLD, document()) == []
    assert module.breaking_changes(OLD, document(path="/order"))


NUMBER = (Annotated[int, Field(ge=1, le=100)], 1)
LESS = (Annotated[int, Field(ge=1, le=9)], 1)
MORE = (Annotated[int, Field(ge=2, le=99)], 1)
EMAIL = (Annotated[str, Field(pattern="@")], "A")
Wide = StrEnum("Wide", {"OPEN": "open", "PAID": "paid", "VOID": "void"})
Strict = create_model(
    "Strict", __config__=ConfigDict(extra="forbid"), name=(str, ...)
)

BREAKS = {
    "a new required field": (
        {"sent": {"address": (str, ...)}},
        "POST /orders body.address: may be absent",
    ),
    "a field that is required now": (
        {"sent": {"note": (str | None, ...)}},
        "POST /orders body.note: may be absent",
    ),
    "a field that is not taken any more": (
        {"sent": {"note": None}},
        "POST /orders body.note: unknown",
    ),
    "null is refused": (
        {"sent": {"note": (str, "")}},
        "POST /orders body.note: null, not string",
    ),
    "another type": (
        {"sent": {"customer": (int, ...)}},
        "POST /orders body.customer: string, not integer",
    ),
    "a member less to choose from": (
        {"sent": {"kind": (Literal["web"], "web")}},
        "POST /orders body.kind: 'app'",
    ),
    "a choice where there was none": (
        {"sent": {"customer": (Literal["a", "b"], ...)}},
        "POST /orders body.customer: more than ['a', 'b']",
    ),
    "a lower limit": (
        {"sent": {"quantity": LESS}},
        "POST /orders body.quantity: maximum is 99.0, not 9.0",
    ),
    "a higher limit": (
        {"sent": {"quantity": MORE}},
        "POST /orders body.quantity: minimum is 1.0, not 2.0",
    ),
    "a limit where there was none": (
        {"sent": {"customer": (Annotated[str, Field(max_length=9)], ...)}},
        "POST /orders body.customer: maxLength is None, not 9",
    ),
    "another pattern": (
        {"sent": {"code": EMAIL}},
        "POST /orders body.code: pattern is ^[A-Z]+$, not @",
    ),
    "a format where there was none": (
        {"sent": {"customer": (datetime, ...)}},
        "POST /orders body.customer: format is None, not date-time",
    ),
    "a field of a field": (
        {"sent": {"lines": (list[GrownTree], [])}},
        "POST /orders body.lines[].colour: may be absent",
    ),
    "items of another type": (
        {"sent": {"lines": (list[str], [])}},
        "POST /orders body.lines[]: object, not string",
    ),
    "values of another type": (
        {"sent": {"limits": (dict[str, bool], {})}},
        "POST /orders body.limits.*: integer, not boolean",
    ),
    "values of another type, by the form of the key": (
        {"sent": {"units": (dict[Sku, bool], {})}},
        "POST /orders body.units.^[A-Z]$: integer, not boolean",
    ),
    "unknown fields are refused now": (
        {"extra": "forbid"},
        "POST /orders body.*: unknown",
    ),
    "a parameter is required now": (
        {"query": (int, EMPTY)},
        "POST /orders query limit: is required",
    ),
    "a parameter takes less": (
        {"query": (Literal[10, 20], 10)},
        "POST /orders query limit: more than [10, 20]",
    ),
    "a parameter is gone": (
        {"query": None},
        "POST /orders query limit: is gone",
    ),
    "another media type": (
        {"content": "application/merge-patch+json"},
        "POST /orders body application/json: is gone",
    ),
    "another status": ({"status": 200}, "POST /orders 201: is gone"),
    "a login": (
        {"security": HTTPBearer()},
        "POST /orders security: other credentials",
    ),
    "the name of the function in clients": (
        {"name": "order"},
        "POST /orders operationId: is order",
    ),
    "a field of the answer is gone": (
        {"got": {"total": None}},
        "POST /orders 201.total: may be absent",
    ),
    "a field of the answer may be null": (
        {"got": {"id": (int | None, ...)}},
        "POST /orders 201.id: null, not integer",
    ),
    "an answer that clients do not know": (
        {"got": {"status": (Wide, ...)}},
        "POST /orders 201.status: 'void'",
    ),
    "anything where one value was agreed": (
        {"got": {"only": (str, "x")}},
        "POST /orders 201.only: more than ['x']",
    ),
    "a type that holds more": (
        {"got": {"id": (float, ...)}},
        "POST /orders 201.id: number, not integer",
    ),
    "an answer without its limit": (
        {"got": {"paid": (int, 0)}},
        "POST /orders 201.paid: minimum is None, not 0.0",
    ),
    "anything": (
        {"got": {"id": (object, ...)}},
        "POST /orders 201.id: any, not integer",
    ),
    "items of an answer": (
        {"got": {"lines": (list[Line | None], [])}},
        "POST /orders 201.lines[]: null, not object",
    ),
    "values of an answer": (
        {"got": {"sums": (dict[str, int | None], {})}},
        "POST /orders 201.sums.*: null, not integer",
    ),
    "fields where values of one type were agreed": (
        {"got": {"sums": (Line, ...)}},
        "POST /orders 201.sums.sku: string, not integer",
    ),
}


@pytest.mark.parametrize(("change", "line"), BREAKS.values(), ids=BREAKS.keys())
def test_what_breaks_a_client_is_named(change, line):
    assert line in breaking_changes(OLD, document(**change))


ADDITIONS = {
    "nothing": {},
    "an optional field": {"sent": {"voucher": (str | None, None)}},
    "a field that is optional now": {"sent": {"customer": (str, "")}},
    "null is taken too": {"sent": {"customer": (str | None, ...)}},
    "one more to choose from": {
        "sent": {"kind": (Literal["web", "app", "phone"], "web")}
    },
    "any text": {"sent": {"kind": (str, "web"), "code": (str, "A")}},
    "a wider limit": {"sent": {"quantity": NUMBER}},
    "another type too": {"sent": {"quantity": (float, 1)}},
    "any field": {"extra": "allow"},
    "another default": {"query": (int, 20)},
    "a wider parameter": {"query": (int | None, None)},
    "the body is optional now": {"required": False},
    "one more field": {"got": {"voucher": (str, "")}},
    "one less to expect": {"got": {"status": (Literal["open"], ...)}},
    "null no more": {"got": {"note": (str, "")}},
    "a limit": {"got": {"id": (Annotated[int, Field(ge=1)], ...)}},
    "one more refusal": {"responses": {404: {"description": "None"}}},
}


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS.keys())
def test_what_breaks_nobody_passes(change):
    assert breaking_changes(OLD, document(**change)) == []


def test_more_operations_pass():
    both = document()
    both["paths"] |= document(path="/others")["paths"]
    assert breaking_changes(OLD, both) == []
    assert breaking_changes(both, OLD) == ["POST /others: is gone"]


def test_a_required_body_is_a_break_only_where_it_was_optional():
    optional = document(required=False)
    assert "POST /orders body: is required" in breaking_changes(optional, OLD)


def test_a_login_that_is_no_longer_needed_passes():
    login = document(security=HTTPBearer())
    assert breaking_changes(login, login) == []
    assert breaking_changes(login, OLD) == []
    assert breaking_changes(login, document(security=HTTPBasic()))


def test_a_refusal_that_is_gone_passes():
    refused = document(responses={404: {"model": Line, "description": "x"}})
    assert breaking_changes(refused, OLD) == []


def test_another_media_type_of_an_answer_is_a_break():
    def page(kind):
        return {200: {"description": "", "content": {kind: {}}}}

    old, new = (document(responses=page(f"text/{k}")) for k in ("csv", "html"))
    assert breaking_changes(old, new) == ["POST /orders 200 text/csv: is gone"]


def test_a_schema_that_contains_itself_is_compared():
    old = document(sent={"tree": (Tree, ...)})
    new = document(sent={"tree": (GrownTree, ...)})

    assert breaking_changes(old, old) == []
    assert breaking_changes(old, new) == [
        "POST /orders body.tree.colour: may be absent"
    ]


def test_a_model_that_takes_no_more_fields_says_which():
    old = document(sent={"tree": (Line, ...)})
    new = document(sent={"tree": (Strict, ...)})
    lines = breaking_changes(old, new)

    assert "POST /orders body.tree.sku: unknown" in lines
    assert "POST /orders body.tree.*: unknown" in lines
