"""Users with ETags: nobody overwrites what they have not seen."""

import asyncio
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.middleware.gzip import GZipMiddleware

from snippets.api_design import conditional_users, conditional_users_broken
from snippets.api_design.conditional_users import user_etag
from snippets.api_design.user_table import UserRow
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

ANN = {"email": "ann@shop.example", "name": "Ann"}
PHONE = "+4915112345678"
LOST = "The second to save overwrites the first, and neither is told."
WAITING = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
)


@pytest.fixture
async def client(serve):
    return await serve(conditional_users.conditional_users)


@pytest.fixture
async def user(engine):
    """Where a user is to be found."""
    async with AsyncSession(engine) as session, session.begin():
        row = UserRow(**ANN)
        session.add(row)
        await session.flush()
        return f"/users/{row.id}"


@fix_and_twin("module", conditional_users, conditional_users_broken, LOST)
async def test_of_two_who_saw_the_same_the_second_is_refused(
    serve, user, module
):
    client = await serve(module.conditional_users)
    seen = {"If-Match": (await client.get(user)).headers["ETag"]}

    first = await client.put(user, json=ANN | {"name": "Anna"}, headers=seen)
    second = await client.put(user, json=ANN | {"phone": PHONE}, headers=seen)

    assert (await client.get(user)).json()["name"] == "Anna"
    assert (first.status_code, second.status_code) == (200, 412)


@pytest.mark.parametrize(
    "module", [conditional_users, conditional_users_broken]
)
async def test_one_after_the_other_each_change_counts(serve, user, module):
    client = await serve(module.conditional_users)
    etag = (await client.get(user)).headers["ETag"]
    for name in ("Anna", "Annie"):
        response = await client.put(
            user, json=ANN | {"name": name}, headers={"If-Match": etag}
        )
        assert response.json()["name"] == name
        assert response.headers["ETag"] != etag
        etag = response.headers["ETag"]

    assert (await client.get(user)).headers["ETag"] == etag


async def test_of_two_at_once_one_is_refused(client, engine, user):
    seen = {"If-Match": (await client.get(user)).headers["ETag"]}
    async with AsyncSession(engine) as other:
        await other.scalar(select(UserRow).with_for_update())
        changes = [
            asyncio.create_task(
                client.put(user, json=ANN | {"name": name}, headers=seen)
            )
            for name in ("Anna", "Annie")
        ]

        async def both_have_read():
            async with engine.connect() as connection:
                return await connection.scalar(text(WAITING)) == 2

        await async_until(both_have_read)
        await other.rollback()
    statuses = [
        response.status_code for response in await asyncio.gather(*changes)
    ]

    assert sorted(statuses) == [200, 412]


async def test_who_has_it_gets_no_body_until_it_changes(client, user):
    first = await client.get(user)
    kept = {"If-None-Match": first.headers["ETag"]}

    unchanged = await client.get(user, headers=kept)
    await client.put(
        user, json=ANN | {"phone": PHONE}, headers={"If-Match": "*"}
    )
    changed = await client.get(user, headers=kept)

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert changed.status_code == 200
    assert changed.json()["phone"] == PHONE


async def test_a_change_without_if_match_is_refused(client, user):
    response = await client.put(user, json=ANN | {"name": "Anna"})
    assert response.status_code == 428
    assert (await client.get(user)).json()["name"] == "Ann"


async def test_a_change_of_nothing_leaves_the_etag(client, user):
    etag = (await client.get(user)).headers["ETag"]
    response = await client.put(
        user, json=ANN | {"name": "Ann"}, headers={"If-Match": etag}
    )
    assert response.headers["ETag"] == etag


async def test_what_is_not_there_has_no_state(client):
    for method in ("GET", "PUT"):
        response = await client.request(
            method, f"/users/{uuid4()}", headers={"If-Match": "*"}, json=ANN
        )
        assert response.status_code == 404


async def test_a_taken_address_is_a_conflict_of_another_kind(
    client, engine, user
):
    async with AsyncSession(engine) as session, session.begin():
        session.add(UserRow(email="bob@shop.example", name="Bob"))
    response = await client.put(
        user,
        json=ANN | {"email": "bob@shop.example"},
        headers={"If-Match": "*"},
    )
    assert response.status_code == 409


async def test_starlette_leaves_the_etag_of_what_it_compresses(serve, user):
    app = FastAPI()
    app.add_middleware(GZipMiddleware, minimum_size=1)
    app.include_router(conditional_users.conditional_users)
    client = await serve(app)

    shown = await client.get(user, headers={"Accept-Encoding": "gzip"})
    changed = await client.put(
        user,
        json=ANN | {"name": "Anna"},
        headers={"If-Match": shown.headers["ETag"]},
    )

    assert shown.headers["Content-Encoding"] == "gzip"
    assert changed.status_code == 200


def test_an_etag_names_form_and_version():
    assert user_etag(UserRow(version=3)) == '"user1-3"'
