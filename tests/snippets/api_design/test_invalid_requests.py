"""Invalid requests: told what is wrong and where, never what they sent."""

import json
from typing import Annotated, Literal

import httpx
import pytest
from fastapi import FastAPI, Header, Path, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from snippets.api_design import invalid_requests, invalid_requests_broken
from snippets.api_design.invalid_requests import json_pointer
from snippets.api_design.problem_details import ProblemDetails
from snippets.architecture_patterns.error_mapping import install_problem_details
from tests.support.http import served
from tests.support.twins import fix_and_twin

JSON = {"Content-Type": "application/json"}


class Card(BaseModel):
    kind: Literal["card"]
    number: str


class Transfer(BaseModel):
    kind: Literal["transfer"]
    iban: str


class Registration(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: str
    password: Annotated[SecretStr, Field(min_length=12)]
    credit: Annotated[float, Field(gt=0)] = 1
    payment: Annotated[Card | Transfer, Field(discriminator="kind")] = None
    limits: dict[Annotated[str, Field(pattern="^[a-z/~]*$")], int] = {}
    codes: list[int] = []
    either: int | list[int] = 1

    @field_validator("email")
    @classmethod
    def is_address(cls, value):
        if "@" not in value:
            raise ValueError("An address has an @")
        return value


class Page(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = 10


VALID = {"email": "ada@shop.example", "password": "correct horse"}


def app_with(module):
    app = FastAPI()
    install_problem_details(app)
    module.answer_invalid_requests(app)

    @app.post("/register/{region}", status_code=201)
    async def register(
        registration: Registration,
        region: Annotated[str, Path(max_length=2)],
        page: Annotated[Page, Query()],
        x_trace: Annotated[int, Header()] = 0,
    ) -> None: ...

    @app.post("/other")
    async def other() -> None:
        raise RequestValidationError(
            [{"type": "odd", "loc": ("query",), "msg": "Odd"}]
        )

    return app


@pytest.fixture
async def call():
    async def call(module, body, path="/register/eu", **headers):
        if not isinstance(body, str | bytes):
            body = json.dumps(body)
        async with (
            served(app_with(module)) as url,
            httpx.AsyncClient(base_url=url) as client,
        ):
            return await client.post(path, content=body, headers=JSON | headers)

    return call


async def errors_of(call, body, path="/register/eu", **headers):
    answer = await call(invalid_requests, body, path, **headers)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    return ProblemDetails.model_validate_json(answer.content).errors


@fix_and_twin(
    "module",
    invalid_requests,
    invalid_requests_broken,
    "The answer shows the password that was too short, and a log of it keeps"
    " it.",
)
async def test_what_was_sent_is_not_sent_back(call, module):
    answer = await call(module, {"password": "hunter2"})

    assert answer.status_code == 422
    assert "email" in answer.text
    assert "hunter2" not in answer.text


@fix_and_twin(
    "module",
    invalid_requests,
    invalid_requests_broken,
    "A customer who mistypes an address is told 500 Internal Server Error.",
)
async def test_a_validator_of_ones_own_refuses_like_any_other(call, module):
    answer = await call(module, VALID | {"email": "ada"})

    assert answer.status_code == 422
    assert "An address has an @" in answer.text


@fix_and_twin(
    "module",
    invalid_requests,
    invalid_requests_broken,
    "A body with NaN in it is a 500, and pages whoever is on duty.",
)
async def test_what_json_cannot_say_is_refused(call, module):
    answer = await call(module, VALID | {"credit": float("nan")})

    assert answer.status_code == 422


@pytest.mark.parametrize("module", [invalid_requests, invalid_requests_broken])
async def test_a_valid_request_passes(call, module):
    assert (await call(module, VALID)).status_code == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": 3}, "#/email"),
        ({"codes": [1, 2, "x"]}, "#/codes/2"),
        ({"limits": {"a/b~c": "x"}}, "#/limits/a~1b~0c"),
        ({"limits": {"é ": 1}}, "#/limits/%C3%A9%20"),
        ({"limits": {"\ud800": 1}}, "#/limits"),  # no step names such a key
        ({"payment": {"kind": "card"}}, "#/payment/number"),
        ({"payment": {"kind": "card", "number": 3}}, "#/payment/number"),
        ({"payment": {"kind": "gold"}}, "#/payment"),
        ({"colour": "red"}, "#/colour"),
        ({"payment": 3}, "#/payment"),
    ],
)
async def test_a_pointer_leads_to_the_field(call, change, pointer):
    (error,) = await errors_of(call, VALID | change)
    assert error.pointer == pointer


async def test_a_field_that_fits_no_member_of_a_union_is_one_place(call):
    errors = await errors_of(call, VALID | {"either": "x"})
    assert {error.pointer for error in errors} == {"#/either"}


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ("{", ["#"]),
        ("", ["#"]),
        ("[]", ["#"]),
        ("null", ["#"]),
        ('"\\ud800"', ["#"]),
        ("NaN", ["#"]),
        ("{}", ["#/email", "#/password"]),
    ],
)
async def test_a_body_that_is_no_object_is_pointed_at_as_a_whole(
    call, body, pointers
):
    errors = await errors_of(call, body)
    assert [error.pointer for error in errors] == pointers


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        ("/register/eu?limit=x", {}, "limit"),
        ("/register/eu?colour=3", {}, "colour"),
        ("/register/europe", {}, "region"),
        ("/register/eu", {"X-Trace": "x"}, "x-trace"),
    ],
)
async def test_a_parameter_is_named(call, path, headers, name):
    (error,) = await errors_of(call, VALID, path, **headers)
    assert (error.parameter, error.pointer) == (name, None)


async def test_no_name_of_a_parameter_makes_the_answer_long(call):
    path = f"/register/eu?{'x' * 20_000}=1"
    (error,) = await errors_of(call, VALID, path)
    assert len(error.parameter) == invalid_requests.LONGEST_PLACE


async def test_what_concerns_no_single_parameter_names_none(call):
    (error,) = await errors_of(call, "", "/other")
    assert error.model_dump(exclude_none=True) == {"detail": "Odd"}


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), "\ud800"])
async def test_whatever_is_sent_is_refused_and_not_a_failure(call, value):
    for name in ("email", "credit", "codes", "colour", "either"):
        answer = await call(invalid_requests, VALID | {name: value})
        assert answer.status_code in {201, 422}


async def test_an_answer_is_short_however_much_is_wrong(call):
    answer = await call(invalid_requests, VALID | {"codes": ["x"] * 100_000})
    assert len(answer.json()["errors"]) == invalid_requests.MOST_ERRORS

    tag = {"kind": "x" * 100_000}  # which the message quotes
    answer = await call(invalid_requests, VALID | {"payment": tag})
    assert len(answer.content) < 1000


async def test_no_key_makes_the_answer_long():
    app = FastAPI()
    install_problem_details(app)
    invalid_requests.answer_invalid_requests(app)

    @app.put("/stock")
    async def put_stock(stock: dict[str, list[int]]) -> None: ...

    async def errors(key):
        async with (
            served(app) as url,
            httpx.AsyncClient(base_url=url) as client,
        ):
            body = {key: ["x"] * 100}
            answer = await client.put("/stock", json=body)
        assert len(answer.content) < 20_000
        return answer.json()["errors"]

    longest = "x" * (invalid_requests.LONGEST_PLACE - len("#//0"))
    assert (await errors(longest))[0]["pointer"] == f"#/{longest}/0"
    assert "pointer" not in (await errors(longest + "x"))[0]
    assert "pointer" not in (await errors("é" * 200_000))[0]


async def test_bytes_that_are_no_text_are_a_bad_request(call):
    answer = await call(invalid_requests, b'{"email": "\xff"}')
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_half_a_character_can_be_pointed_at():
    assert (
        json_pointer(["\ud800"], {"\ud800": 1}, missing=False) == "#/%ED%A0%80"
    )


def test_nothing_is_missing_in_nothing():
    assert json_pointer([], {}, missing=True) == "#"
    assert json_pointer(["a"], [], missing=True) == "#"
    assert json_pointer([2, "a"], [{}], missing=False) == "#"
    assert json_pointer([-1], [{}], missing=False) == "#"
