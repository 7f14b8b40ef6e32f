"""A 405 names every method that the path has, whichever route answers."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI, HTTPException

from snippets.api_design.allowed_methods import WholeAllow
from snippets.architecture_patterns.error_mapping import (
    install_problem_details,
)
from tests.support.http import served

orders = APIRouter(prefix="/orders")


@orders.get("/{order_id}")
async def show_order(order_id: int) -> int:
    return order_id


@orders.delete("/{order_id}", status_code=204)
async def delete_order(order_id: int) -> None:
    raise HTTPException(405, headers={"Allow": "GET"})  # it is paid


@orders.api_route("/both", methods=["PUT", "PATCH"])
async def change_both() -> None: ...


def make(*, whole):
    app = FastAPI()
    install_problem_details(app)
    app.include_router(orders)
    app.post("/orders")(change_both)
    if whole:
        app.add_middleware(WholeAllow, routes=app.routes)
    return app


@pytest.fixture
def allow():
    async def allow(method, path, *, whole=True):
        async with (
            served(make(whole=whole)) as url,
            httpx.AsyncClient(base_url=url) as client,
        ):
            answer = await client.request(method, path)
        return answer.status_code, answer.headers.get("Allow")

    return allow


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/orders/7", "DELETE, GET"),
        ("OPTIONS", "/orders/7", "DELETE, GET"),
        ("QUERY", "/orders/7", "DELETE, GET"),
        ("GET", "/orders", "POST"),
        ("POST", "/orders/both", "DELETE, GET, PATCH, PUT"),
    ],
)
async def test_every_method_is_named(allow, method, path, allowed):
    assert await allow(method, path) == (405, allowed)


async def test_fastapi_alone_names_those_of_one_route(allow):
    assert await allow("PUT", "/orders/7", whole=False) == (405, "GET")


async def test_a_route_that_refuses_says_itself_what_is_allowed(allow):
    assert await allow("DELETE", "/orders/7") == (405, "GET")


@pytest.mark.parametrize(
    ("path", "status"), [("/orders/7", 200), ("/nowhere", 404)]
)
async def test_other_answers_have_no_allow(allow, path, status):
    assert await allow("GET", path) == (status, None)


async def test_what_is_mounted_names_its_own():
    part = FastAPI()
    part.get("/orders")(change_both)
    app = make(whole=True)
    app.mount("/part", part)
    async with (
        served(app) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.put("/part/orders")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
