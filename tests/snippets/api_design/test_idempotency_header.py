"""The header: what is a key, and which requests are the same."""

from typing import Annotated
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Form, Header

from snippets.api_design.idempotency_header import (
    HEADER,
    keyed_request,
    to_response,
)
from snippets.api_design.keyed_request import Answer, KeyedRequest

KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"


def caller(x_user: Annotated[UUID, Header()]) -> UUID:
    return x_user


@pytest.fixture
def router():
    router = APIRouter()
    keyed = Depends(keyed_request("POST /things", caller))

    @router.post("/things/{name}")
    async def post(
        name: str, request: Annotated[KeyedRequest, keyed]
    ) -> list[str]:
        return [
            request.caller,
            request.operation,
            request.key,
            request.fingerprint.hex(),
        ]

    @router.get("/answer")
    def answer(replayed: bool):
        return to_response(Answer(202, {"X-A": "b"}, b"c", replayed))

    return router


@pytest.fixture
async def client(serve, router):
    client = await serve(router)
    client.headers["X-User"] = str(uuid4())
    return client


async def test_a_request_is_named_by_caller_operation_and_key(client):
    response = await client.post("/things/a", headers={HEADER: KEY})
    user, operation, key, _ = response.json()
    assert user == client.headers["X-User"]
    assert (operation, key) == ("POST /things", KEY)


async def test_quotes_do_not_make_another_key(client):
    for written in (KEY, f'"{KEY}"'):
        response = await client.post("/things/a", headers={HEADER: written})
        assert response.json()[2] == KEY


@pytest.mark.parametrize(
    "written",
    [
        "",
        '""',
        "x" * 15,
        "x" * 129,
        f'"{KEY}',
        f'{KEY}"',
        f"{KEY}, {KEY}",
        f"{KEY};a=1",
        KEY.replace("-", "\xe9").encode("latin-1"),
        KEY.replace("-", "\u0660").encode(),
        "'; drop table invoices; --",
    ],
)
async def test_what_is_no_key_is_a_bad_request(client, written):
    response = await client.post("/things/a", headers={HEADER: written})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("length", [16, 128])
async def test_the_shortest_and_the_longest_are_keys(client, length):
    response = await client.post("/things/a", headers={HEADER: "x" * length})
    assert response.json()[2] == "x" * length


async def test_no_key_is_a_bad_request_and_so_are_two(client):
    for headers in ([], [(HEADER, KEY), (HEADER, KEY)]):
        response = await client.post("/things/a", headers=headers)
        assert response.status_code == 400
        assert HEADER in response.json()["detail"]


async def test_path_query_and_body_make_the_request(client):
    prints = set()
    for path, body in [
        ("/things/a", b""),
        ("/things/b", b""),
        ("/things/a?x=1", b""),
        ("/things/a", b"x=1"),
        ("/things/a", b'{"total":1}'),
        ("/things/a", b'{"total":1 }'),
        ("/things/%00", b""),
        ("/things/a%0A", b""),
        ("/things/a%3Fx=1", b""),
    ]:
        response = await client.post(path, headers={HEADER: KEY}, content=body)
        prints.add(response.json()[3])
    assert len(prints) == 9


@pytest.mark.parametrize("replayed", [True, False])
async def test_a_replayed_answer_says_so(client, replayed):
    response = await client.get("/answer", params={"replayed": replayed})
    assert (response.status_code, response.content) == (202, b"c")
    assert response.headers["X-A"] == "b"
    assert ("Idempotent-Replayed" in response.headers) is replayed


async def test_a_form_has_been_read_before(engine):
    app = FastAPI()
    app.state.engine = engine
    keyed = Depends(keyed_request("POST /forms", caller))

    @app.post("/forms")
    def post(
        name: Annotated[str, Form()], request: Annotated[KeyedRequest, keyed]
    ) -> str:
        raise AssertionError(name, request)

    transport = httpx.ASGITransport(app)
    headers = {HEADER: KEY, "X-User": str(uuid4())}
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as c:
        with pytest.raises(RuntimeError, match="consumed"):
            await c.post("/forms", data={"name": "Ann"}, headers=headers)


async def test_the_documentation_names_the_header(serve, router):
    schema = (await (await serve(router)).get("/openapi.json")).json()
    parameters = schema["paths"]["/things/{name}"]["post"]["parameters"]
    assert "idempotency-key" in [each["name"] for each in parameters]
