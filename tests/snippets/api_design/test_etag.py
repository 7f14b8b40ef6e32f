"""ETags: RFC 9110, sections 8.8.3 and 13, table by table."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Response
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from snippets.api_design.etag import (
    Preconditions,
    _tags,
    etag_headers,
    strong_etag,
)

CURRENT = strong_etag("thing1", 3)
OTHER = strong_etag("thing1", 2)


@pytest.fixture
def router():
    router = APIRouter()
    demanded = Annotated[Preconditions, Depends()]

    @router.head("/thing", include_in_schema=False)
    @router.get("/thing")
    def show(conditions: demanded, response: Response) -> str:
        conditions.check(CURRENT)
        response.headers.update(etag_headers(CURRENT))
        return "thing"

    @router.put("/thing")
    def change(conditions: demanded) -> str:
        conditions.check(CURRENT)
        return "changed"

    @router.delete("/thing")
    def delete(conditions: demanded) -> str:
        conditions.require_match()
        return "gone"

    return router


@pytest.fixture
async def client(serve, router):
    return await serve(router)


@pytest.mark.parametrize(
    ("header", "get", "put"),
    [
        ({}, 200, 200),
        ({"If-Match": CURRENT}, 200, 200),
        ({"If-Match": OTHER}, 412, 412),
        ({"If-Match": "*"}, 200, 200),
        ({"If-Match": '"*"'}, 412, 412),
        ({"If-Match": f"W/{CURRENT}"}, 412, 412),
        ({"If-Match": f"{OTHER}, {CURRENT}"}, 200, 200),
        ({"If-Match": f"{OTHER},,\t{CURRENT} ,"}, 200, 200),
        ({"If-Match": f'"a,b", W/{CURRENT}, {OTHER}'}, 412, 412),
        ({"If-Match": f'"{OTHER}'}, 400, 400),
        ({"If-Match": ""}, 412, 412),
        ({"If-Match": "thing1-3"}, 400, 400),
        ({"If-Match": f"w/{CURRENT}"}, 400, 400),
        ({"If-Match": f"*, {CURRENT}"}, 400, 400),
        ({"If-None-Match": CURRENT}, 304, 412),
        ({"If-None-Match": f"W/{CURRENT}"}, 304, 412),
        ({"If-None-Match": f"{OTHER}, W/{CURRENT}"}, 304, 412),
        ({"If-None-Match": OTHER}, 200, 200),
        ({"If-None-Match": "*"}, 304, 412),
        ({"If-None-Match": ""}, 200, 200),
        ({"If-None-Match": "thing1-3"}, 400, 400),
        ({"If-Match": CURRENT, "If-None-Match": CURRENT}, 304, 412),
        ({"If-Match": OTHER, "If-None-Match": OTHER}, 412, 412),
        ({"If-Match": CURRENT, "If-None-Match": OTHER}, 200, 200),
    ],
)
async def test_preconditions_are_taken_in_the_order_of_the_rfc(
    client, header, get, put
):
    assert (await client.get("/thing", headers=header)).status_code == get
    assert (await client.head("/thing", headers=header)).status_code == get
    assert (await client.put("/thing", headers=header)).status_code == put


async def test_several_lines_are_one_list(client):
    for name, status in (("If-Match", 200), ("If-None-Match", 304)):
        response = await client.get(
            "/thing", headers=[(name, OTHER), (name, CURRENT)]
        )
        assert response.status_code == status


async def test_an_answer_304_has_the_headers_and_no_body(client):
    fresh = await client.get("/thing")
    kept = await client.get("/thing", headers={"If-None-Match": CURRENT})

    assert kept.content == b""
    for name in ("ETag", "Cache-Control"):
        assert kept.headers[name] == fresh.headers[name]
    assert fresh.headers["Cache-Control"] == "private, no-cache"


async def test_a_precondition_may_be_required(client):
    refused = await client.delete("/thing")
    assert refused.status_code == 428
    assert refused.headers["content-type"] == "application/problem+json"
    for value in (CURRENT, "*"):
        accepted = await client.delete("/thing", headers={"If-Match": value})
        assert accepted.status_code == 200


async def test_the_documentation_names_both(client):
    schema = (await client.get("/openapi.json")).json()
    parameters = schema["paths"]["/thing"]["put"]["parameters"]
    assert {each["name"] for each in parameters} == {
        "if-match",
        "if-none-match",
    }


@given(st.lists(st.text(st.characters(max_codepoint=255))))
def test_any_header_is_a_list_or_a_bad_request(lines):
    status, tags = 200, set()
    try:
        tags = _tags(lines)
    except HTTPException as error:
        status = error.status_code
    assert status in {200, 400}
    assert tags == {"*"} or all(tag.endswith('"') for tag in tags)


def test_a_long_header_takes_no_longer_than_it_is_long():
    for line in (", " * 30_000, '"' * 60_001, 'W/"' * 20_000, '"a' * 30_000):
        with pytest.raises(HTTPException):
            _tags([line + "x"])
