"""Errors to problem details: status, type, and what is never told."""

import logging
from decimal import Decimal
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field, SecretStr
from starlette.exceptions import HTTPException

from snippets.architecture_patterns.error_mapping import (
    install_problem_details,
)
from snippets.code_style.errors import (
    ConflictError,
    DomainError,
    InfrastructureError,
    NotFoundError,
)


class OutOfStockError(ConflictError):
    code = "out-of-stock"


class Login(BaseModel):
    password: SecretStr
    attempts: int
    limits: dict[str, Annotated[Decimal, Field(gt=0)]] = {}


@pytest.fixture
async def call(serve):
    app = FastAPI()
    install_problem_details(app)
    errors = {
        "missing": NotFoundError("There is no order 42"),
        "conflict": OutOfStockError("2 left of TEA-1"),
        "refused": DomainError("At most 10 lines"),
        "away": InfrastructureError("10.0.0.7 refused shop:hunter2"),
        "surrogate": NotFoundError("There is no order \ud800\u00e9"),
        "bug": KeyError("hunter2"),
    }

    @app.get("/raise/{name}")
    async def fail(name: str) -> None:
        raise errors[name]

    @app.get("/status/{status}")
    async def with_status(status: int) -> None:
        raise HTTPException(status, "why", headers={"ETag": '"1"'})

    @app.get("/detail/{name}")
    async def with_detail(name: str) -> None:
        raise HTTPException(409, DETAILS[name])

    @app.post("/login")
    async def login(request: Login) -> None: ...

    async with httpx.AsyncClient(base_url=await serve(app)) as client:
        yield client


@pytest.mark.parametrize(
    ("name", "status", "code", "detail"),
    [
        ("missing", 404, "not-found", "There is no order 42"),
        ("conflict", 409, "out-of-stock", "2 left of TEA-1"),
        ("refused", 422, "not-possible", "At most 10 lines"),
    ],
)
async def test_a_domain_error_says_what_is_wrong(
    call, name, status, code, detail
):
    response = await call.get(f"/raise/{name}")

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == f"https://shop.example/problems/{code}"
    assert (problem["status"], problem["detail"]) == (status, detail)


async def test_a_domain_error_may_quote_half_a_character(call):
    response = await call.get("/raise/surrogate")
    assert response.status_code == 404
    assert response.json()["detail"] == "There is no order \ud800\u00e9"


async def test_trouble_of_a_dependency_asks_to_come_back_later(call, caplog):
    with caplog.at_level(logging.ERROR):
        response = await call.get("/raise/away")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "hunter2" not in response.text
    assert "hunter2" in caplog.text


async def test_a_mistake_of_ours_is_logged_and_not_told(call, caplog):
    with caplog.at_level(logging.ERROR):
        response = await call.get("/raise/bug")

    assert response.status_code == 500
    assert response.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
    }
    assert "hunter2" in caplog.text


async def test_an_invalid_request_is_told_where_but_not_what(call):
    response = await call.post(
        "/login", json={"password": ["hunter2"], "attempts": "hunter2"}
    )

    assert response.status_code == 422
    assert [error["location"] for error in response.json()["errors"]] == [
        "body/password",
        "body/attempts",
    ]
    assert "hunter2" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/nowhere", 404, "Not Found"),
        ("DELETE", "/login", 405, "Method Not Allowed"),
    ],
)
async def test_the_framework_speaks_the_same_language(
    call, method, path, status, title
):
    response = await call.request(method, path)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["title"] == title
    if status == 405:
        assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize("status", [204, 205, 304])
async def test_what_has_no_body_gets_none(call, status, caplog):
    with caplog.at_level(logging.ERROR):
        response = await call.get(f"/status/{status}")

    assert (response.status_code, response.content) == (status, b"")
    assert response.headers["ETag"] == '"1"'
    assert not caplog.records


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (200, "OK"),
        (226, "IM Used"),
        (299, "Status 299"),
        (302, "Found"),
        (400, "Bad Request"),
        (418, "I'm a Teapot"),
        (419, "Status 419"),
        (430, "Status 430"),
        (451, "Unavailable For Legal Reasons"),
        (499, "Status 499"),
        (511, "Network Authentication Required"),
        (520, "Status 520"),
        (599, "Status 599"),
    ],
)
async def test_a_status_is_answered_as_it_was_given(call, status, title):
    response = await call.get(f"/status/{status}")

    assert response.status_code == status
    assert response.headers["ETag"] == '"1"'
    assert response.json() == {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": "why",
    }


@pytest.mark.parametrize("status", [-1, 0, 99, 100, 101, 103, 199, 600, 1000])
async def test_what_is_no_status_of_an_answer_is_a_mistake_of_ours(
    call, status, caplog
):
    with caplog.at_level(logging.ERROR):
        response = await call.get(f"/status/{status}")

    assert response.status_code == 500
    assert response.json()["title"] == "Internal Server Error"
    assert "Not the status of an answer" in caplog.text


DETAILS = {
    "members": {"left": 2, "price": Decimal("4.90")},
    "surrogate": "no \ud800",
    "error": ValueError("no"),
}


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("members", {"left": 2, "price": "4.90"}),
        ("surrogate", "no \ud800"),
        ("error", "no"),
    ],
)
async def test_a_detail_need_not_be_a_plain_text(call, name, detail):
    response = await call.get(f"/detail/{name}")

    assert response.status_code == 409
    assert response.json()["detail"] == detail


@pytest.mark.parametrize(
    "body",
    [
        '{"attempts": NaN}',
        '{"attempts": Infinity}',
        '{"attempts": 1e400}',
        '{"attempts": "\\ud800"}',
        '{"password": "\\ud800"}',
        '{"limits": {"\\ud800": NaN}}',
        '{"limits": {"\\ud800": "\\udfff"}}',
        '"\\ud800"',
        "NaN",
    ],
)
async def test_a_body_that_cannot_be_quoted_is_refused_like_any_other(
    call, body
):
    response = await call.post(
        "/login", content=body, headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 422
    assert response.json()["errors"]
