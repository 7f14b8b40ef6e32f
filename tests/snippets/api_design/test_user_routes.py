"""A router for users: what each method answers, on PostgreSQL over HTTP."""

import asyncio
from uuid import UUID, uuid4

import pytest

from snippets.api_design.user_routes import users

ANN = {"email": "ann@shop.example", "name": "Ann"}


@pytest.fixture
async def client(serve):
    return await serve(users)


@pytest.fixture
async def ann(client):
    """Where Ann is to be found."""
    return (await client.post("/users", json=ANN)).headers["Location"]


async def test_what_was_created_is_found_where_the_answer_says(client):
    created = await client.post("/users", json=ANN)

    assert created.status_code == 201
    shown = await client.get(created.headers["Location"])
    assert shown.status_code == 200
    assert shown.json() == created.json()
    assert shown.json().items() >= (ANN | {"role": "customer"}).items()
    assert UUID(shown.json()["id"]).version == 7


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_user_who_is_not_there_is_a_404(client, method):
    json = {} if method == "PATCH" else None
    answer = await client.request(method, f"/users/{uuid4()}", json=json)

    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/not-found")


async def test_a_deleted_user_is_gone(client, ann):
    answer = await client.delete(ann)

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.get(ann)).status_code == 404
    assert (await client.delete(ann)).status_code == 404


async def test_pages_show_everybody_once(client):
    for number in range(5):
        await client.post(
            "/users", json={"email": f"{number}@shop.example", "name": "Ann"}
        )

    seen, after = [], None
    for _ in range(3):
        query = {"limit": 2} | ({"after": after} if after else {})
        page = (await client.get("/users", params=query)).json()
        seen += [user["email"][0] for user in page["users"]]
        after = page["next"]

    assert (seen, after) == (list("01234"), None)


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1e9", "x", "", "%00"])
async def test_nobody_gets_the_whole_table(client, limit):
    answer = await client.get(f"/users?limit={limit}")
    assert answer.status_code == 422


@pytest.mark.parametrize("email", [ANN["email"], "ANN@shop.example"])
async def test_an_address_is_given_once(client, ann, email):
    answer = await client.post("/users", json=ANN | {"email": email})

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/email-taken")


async def test_of_many_at_once_one_gets_the_address(client):
    answers = await asyncio.gather(
        *(client.post("/users", json=ANN) for _ in range(8))
    )

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * 7
