"""Schemas: what may be sent, what is shown, and whose fields they are."""

import inspect
import json
from contextlib import suppress
from typing import Any, Generic, TypeVar

import pytest
from fastapi import APIRouter, status
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import FastAPIDeprecationWarning
from fastapi.responses import JSONResponse, ORJSONResponse
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design import (
    user_routes,
    user_schemas_default_broken,
    user_schemas_leak_broken,
    user_schemas_role_broken,
)
from snippets.api_design.user_routes import UserOfPath
from snippets.api_design.user_schemas import UserList, UserView
from snippets.api_design.user_schemas_leak_broken import UserRecord
from snippets.api_design.user_table import UserRow
from tests.support.twins import fix_and_twin

ANN = {"email": "ann@shop.example", "name": "Ann"}
HASH = "$argon2id$v=19$of-ann"


@pytest.fixture
async def client(serve):
    return await serve(user_routes.users)


@pytest.fixture
def roles(engine):
    async def roles():
        async with engine.connect() as connection:
            query = text("select role::text from users")
            return list(await connection.scalars(query))

    return roles


@fix_and_twin(
    "module",
    user_routes,
    user_schemas_role_broken,
    "Whoever signs up makes himself an administrator.",
)
async def test_nobody_gives_himself_a_role(serve, roles, module):
    client = await serve(module.users)
    await client.post("/users", json=ANN | {"role": "admin"})
    assert "admin" not in await roles()


@fix_and_twin(
    "module",
    user_routes,
    user_schemas_default_broken,
    "A form without a name is answered with an error 500.",
)
async def test_what_the_table_needs_the_client_must_send(serve, module):
    client = await serve(module.users)
    answer = await client.post("/users", json={"email": ANN["email"]})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "module",
    [user_routes, user_schemas_role_broken, user_schemas_default_broken],
)
async def test_a_well_meant_body_makes_a_customer(serve, roles, module):
    client = await serve(module.users)
    answer = await client.post("/users", json=ANN)
    assert answer.status_code == 201
    assert answer.json().items() >= ANN.items()
    assert await roles() == ["customer"]


@pytest.fixture
async def ann(engine):
    """Where Ann is, who has a password."""
    async with AsyncSession(engine) as session, session.begin():
        session.add(row := UserRow(**ANN, password_hash=HASH))
        await session.flush()
        return f"/users/{row.id}"


@fix_and_twin(
    "module",
    user_routes,
    user_schemas_leak_broken,
    "Everybody's password hash is in the JSON.",
)
@pytest.mark.parametrize("of_all", [True, False])
async def test_no_answer_has_what_no_view_names(serve, ann, module, of_all):
    client = await serve(module.users)
    answer = await client.get("/users" if of_all else ann)
    assert "Ann" in answer.text
    assert "argon2" not in answer.text


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]


async def test_what_the_filter_sees_and_what_it_does_not(serve, ann):
    router = APIRouter()

    @router.get("/generic/{user_id}")
    async def generic(row: UserOfPath) -> Page[UserView]:
        return Page[UserView](items=[UserRecord.model_validate(row)])

    @router.get("/union/{user_id}")
    async def union(row: UserOfPath) -> UserView | UserRecord:
        return UserRecord.model_validate(row)

    @router.get("/dict/{user_id}")
    async def dictionary(row: UserOfPath) -> dict[str, Any]:
        return {"user": UserRecord.model_validate(row)}

    @router.get("/response/{user_id}")
    async def response(row: UserOfPath) -> UserView:
        return JSONResponse(jsonable_encoder(row))

    client = await serve(router)
    user_id = ann.rpartition("/")[2]
    leaks = {
        way
        for way in ("generic", "union", "dict", "response")
        if "argon2" in (await client.get(f"/{way}/{user_id}")).text
    }
    assert leaks == {"union", "dict", "response"}


def test_what_fastapi_offered_once_warns():
    with pytest.warns(UserWarning, match="HTTP_422_UNPROCESSABLE_CONT"):
        _ = status.HTTP_422_UNPROCESSABLE_ENTITY
    with (
        pytest.warns(FastAPIDeprecationWarning, match="ORJSONResponse"),
        suppress(AssertionError),  # where orjson is not installed
    ):
        ORJSONResponse({})


@pytest.mark.parametrize("module", [user_routes, user_schemas_leak_broken])
async def test_whom_clients_ask_for_they_see(serve, ann, module):
    client = await serve(module.users)
    assert (await client.get(ann)).json().items() >= ANN.items()
    assert "Ann" in (await client.get("/users")).text


async def test_a_view_has_these_fields_and_no_other(client, ann):
    shown = (await client.get(ann)).json()
    fields = {"id", "email", "name", "phone", "role", "created_at"}
    assert shown.keys() == UserView.model_fields.keys() == fields


async def test_a_route_that_names_a_view_shows_no_more_of_what_it_returns(
    serve, ann
):
    router = APIRouter()

    @router.get("/one/{user_id}")
    async def one(row: UserOfPath) -> UserView:
        return UserRecord.model_validate(row)

    @router.get("/many/{user_id}")
    async def many(row: UserOfPath) -> UserList:
        record = UserRecord.model_validate(row)
        return UserList(users=[record], next=None)

    client = await serve(router)
    user_id = ann.rpartition("/")[2]
    for path in ("one", "many"):
        answer = await client.get(f"/{path}/{user_id}")
        assert answer.status_code == 200
        assert "argon2" not in answer.text


async def test_a_field_that_nobody_may_set_is_refused(client, roles):
    for field in ("id", "version", "password_hash", "created_at", "x"):
        answer = await client.post("/users", json=ANN | {field: "1"})

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["location"] == f"body/{field}"
    assert await roles() == []


HOSTILE = [
    ("email", "ann"),
    ("email", "ann@shop.example\n"),
    ("email", "ann\0@shop.example"),
    ("email", "\ud800@shop.example"),
    ("email", "ann@" + "x" * 10_000 + ".example"),
    ("email", None),
    ("email", ["ann@shop.example"]),
    ("name", ""),
    ("name", " \u00a0"),
    ("name", "x" * 201),
    ("name", "Ann\0"),
    ("name", "\udfff"),
    ("name", None),
    ("name", {"$gt": ""}),
    ("phone", ""),
    ("phone", "030123456"),
    ("phone", "+4930123456\n"),
    ("phone", "+49\uff13\uff1012345"),
    ("phone", 4930123456),
]


async def test_whatever_is_in_a_field_the_answer_is_422(client, roles):
    for field, value in HOSTILE:
        body = json.dumps(ANN | {field: value})  # escapes half a character
        answer = await client.post(
            "/users", content=body, headers={"Content-Type": "application/json"}
        )

        assert answer.status_code == 422, value
        assert answer.json()["errors"][0]["location"] == f"body/{field}"
    assert await roles() == []


NO_OBJECTS = [
    *("", "{", "null", "[]", "1", '"\\ud800"', "NaN", "\ufeff{}", "\0"),
    *(b"\xff", b'{"name": "\xff"}', '{"email": "a"' * 1000, "[" * 100_000),
]


async def test_a_body_that_is_no_object_is_refused(client):
    for body in NO_OBJECTS:
        for headers in ({"Content-Type": "application/json"}, {}):
            answer = await client.post("/users", content=body, headers=headers)
            assert answer.status_code in {400, 422}
            kind = answer.headers["Content-Type"]
            assert kind == "application/problem+json"


async def test_the_last_of_two_values_counts_as_everywhere_in_python(client):
    body = '{"name": "Eve", "email": "ann@shop.example", "name": "Ann"}'
    answer = await client.post(
        "/users", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.json().items() >= ANN.items()


async def test_an_address_may_be_international(client):
    ada = {
        "email": "ada@b\u00fccher.example",
        "name": "\u827e\u8fbe \U0001f375",
    }
    answer = await client.post("/users", json=ada)
    assert answer.json().items() >= ada.items()


def test_mypy_finds_the_default_of_none(mypy):
    found = mypy(
        "from pydantic import BaseModel, ConfigDict, EmailStr, Field\n"
        + inspect.getsource(user_schemas_default_broken.NewUser)
    )
    assert 'expression has type "None", variable has type "str"' in found
    assert "Found 1 error" in found


def test_ruff_finds_the_missing_type_and_not_the_envelope(findings):
    module = inspect.getsourcefile(user_schemas_leak_broken)
    found = findings("ruff", "check", "--isolated", "--select=ANN", module)
    assert "ANN201" in found
    assert "show_user" in found
    assert "Found 1 error" in found
