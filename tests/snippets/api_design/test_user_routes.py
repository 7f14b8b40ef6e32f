"""A router for users: what each method answers, on PostgreSQL over HTTP."""

import asyncio
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.api_design import user_routes, user_routes_broken
from snippets.api_design.user_routes import users
from snippets.api_design.user_table import UserRow
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

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


async def test_a_user_who_is_not_there_is_a_404(client):
    for method in ("GET", "PATCH", "DELETE"):
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


async def test_the_last_page_says_so_also_when_it_is_full(client):
    for number in range(4):
        await client.post(
            "/users", json={"email": f"{number}@shop.example", "name": "Ann"}
        )
    page = (await client.get("/users?limit=2")).json()
    page = (await client.get(f"/users?limit=2&after={page['next']}")).json()

    assert [user["email"][0] for user in page["users"]] == ["2", "3"]
    assert page["next"] is None


@pytest.mark.parametrize("way", ["prefix", "mount"])
async def test_wherever_the_router_stands_the_address_leads_there(
    serve, engine, way
):
    app, inner = FastAPI(), FastAPI()
    inner.state.engine = engine
    if way == "mount":
        inner.include_router(users)
        app.mount("/v1", inner)
    else:
        app.include_router(users, prefix="/v1")
    client = await serve(app)
    answer = await client.post("/v1/users", json=ANN)

    assert answer.headers["Location"] == f"/v1/users/{answer.json()['id']}"
    assert (await client.get(answer.headers["Location"])).status_code == 200


async def test_no_host_that_a_client_names_is_in_the_address(client):
    answer = await client.post(
        "/users", json=ANN, headers={"Host": "evil.example"}
    )
    assert answer.headers["Location"].startswith("/users/")


async def test_a_405_names_the_methods_of_one_route_only(client, ann):
    answer = await client.put("/users", json={})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert (await client.head(ann)).status_code == 405


async def test_nobody_gets_the_whole_table(client):
    for limit in ("0", "-1", "101", "1e9", "x", "", "%00"):
        answer = await client.get(f"/users?limit={limit}")
        assert answer.status_code == 422, limit


@fix_and_twin(
    "module",
    user_routes,
    user_routes_broken,
    "Whoever clicks twice on Sign up gets an error 500.",
)
async def test_of_two_who_want_one_address_the_later_is_told(
    serve, engine, until_somebody_waits, module
):
    client = await serve(module.users)
    async with AsyncSession(engine) as session:
        session.add(UserRow(**ANN))
        await session.flush()
        waiting = asyncio.create_task(client.post("/users", json=ANN))
        await until_somebody_waits()
        await session.commit()

    answer = await waiting
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/email-taken")


@pytest.mark.parametrize("module", [user_routes, user_routes_broken])
async def test_one_after_the_other_the_second_is_told(serve, module):
    client = await serve(module.users)
    answers = [await client.post("/users", json=ANN) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]


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


async def test_what_asks_for_more_than_it_may_changes_nothing(client, ann):
    for method, path in (
        ("PUT", ann),
        ("DELETE", "/users"),
        ("PATCH", "/users"),
    ):
        answer = await client.request(method, path, json={})
        assert answer.status_code == 405
    assert (await client.get(ann)).status_code == 200


async def test_what_is_no_id_never_gets_to_the_database(client):
    for user_id in ("1", "me", "%00", "%ff", "' or 1=1 --", "0" * 10_000):
        for method in ("GET", "PATCH", "DELETE"):
            json = {} if method == "PATCH" else None
            answer = await client.request(
                method, f"/users/{user_id}", json=json
            )
            assert answer.status_code == 422, user_id


async def test_a_client_that_leaves_leaves_no_connection_behind(
    client, engine, until_somebody_waits
):
    async with AsyncSession(engine) as session:
        session.add(UserRow(**ANN))
        await session.flush()
        leaving = asyncio.create_task(client.post("/users", json=ANN))
        await until_somebody_waits()
        leaving.cancel()
    await asyncio.wait([leaving])

    await async_until(lambda: engine.pool.checkedout() == 0)


async def test_a_database_that_is_away_is_a_503(serve):
    app = FastAPI()
    app.include_router(users)
    client = await serve(app)
    await app.state.engine.dispose()
    app.state.engine = create_async_engine("postgresql+asyncpg://127.0.0.1:1/x")
    answer = await client.get("/users")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    await app.state.engine.dispose()
