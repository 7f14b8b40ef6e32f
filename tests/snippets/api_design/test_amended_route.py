"""An amended route: its headers are on every answer that is its own."""

import logging

import httpx
import pytest
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import StreamingResponse

from snippets.api_design.amended_route import AmendedRoute
from snippets.architecture_patterns.error_mapping import (
    install_problem_details,
)
from snippets.code_style.errors import NotFoundError
from tests.support.http import served


class Marked(AmendedRoute):
    def amend(self, headers):
        headers.append("Link", "<https://shop.example>; rel=author")


inner = APIRouter(route_class=Marked)


@inner.get("/ok/{number}")
async def ok(number: int) -> int:
    return number


@inner.get("/missing")
async def missing() -> None:
    raise NotFoundError("There is none")


@inner.get("/refused")
async def refused() -> None:
    raise HTTPException(403, headers={"Link": "<https://own.example>"})


@inner.get("/stream")
async def stream() -> StreamingResponse:
    async def parts():
        for part in "abc":
            yield part

    return StreamingResponse(parts())


@inner.get("/bug")
async def bug() -> None:
    raise KeyError


@pytest.fixture(params=["on the application", "twice within another"])
async def client(request):
    app = FastAPI()
    install_problem_details(app)
    if request.param == "on the application":
        app.include_router(inner)
    else:
        outer = APIRouter()
        outer.include_router(inner)
        app.include_router(outer)
    async with (
        served(app) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("path", "status", "links"),
    [
        ("/ok/1", 200, 1),
        ("/ok/x", 422, 1),
        ("/missing", 404, 1),
        ("/refused", 403, 2),
        ("/stream", 200, 1),
        ("/nowhere", 404, 0),
    ],
)
async def test_an_answer_of_the_route_has_them(client, path, status, links):
    answer = await client.get(path)

    assert answer.status_code == status
    assert len(answer.headers.get_list("Link")) == links


async def test_what_others_answer_in_its_place_has_them_not(client, caplog):
    caplog.set_level(logging.CRITICAL)
    wrong = await client.post("/missing")
    crashed = await client.get("/bug")

    assert (wrong.status_code, crashed.status_code) == (405, 500)
    assert "Link" not in wrong.headers
    assert "Link" not in crashed.headers


async def test_a_route_that_adds_nothing_is_a_mistake():
    with pytest.raises(NotImplementedError):
        AmendedRoute("/", ok).amend({})
