"""The caller's own account."""

import asyncio
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design import me_routes
from snippets.api_design.current_user import Principal
from snippets.api_design.user_table import Role, UserRow
from tests.snippets.api_design.accounts import api, sign_up


@pytest.fixture
async def client(engine, asyncpg_url):
    async with api(asyncpg_url) as client:
        yield client


@pytest.fixture
async def ann(engine):
    return await sign_up(engine, "ann")


async def test_everybody_sees_and_changes_himself(client, ann, engine):
    user_id, headers = ann
    await sign_up(engine, "bob")
    path = me_routes.me.prefix

    changed = await client.patch(path, json={"name": "Anna"}, headers=headers)
    shown = await client.get(path, headers=headers)

    assert changed.json() == shown.json()
    assert (shown.json()["id"], shown.json()["name"]) == (str(user_id), "Anna")


async def test_nobody_promotes_himself(client, ann):
    _, headers = ann
    answer = await client.patch("/me", json={"role": "admin"}, headers=headers)
    assert answer.status_code == 422
    assert (await client.get("/users", headers=headers)).status_code == 403


async def test_an_address_that_another_has_is_a_conflict(client, ann, engine):
    await sign_up(engine, "bob")
    answer = await client.patch(
        "/me", json={"email": "bob@shop.example"}, headers=ann[1]
    )
    assert answer.status_code == 409


async def test_who_is_deleted_meanwhile_is_not_found(
    client, ann, engine, until_somebody_waits
):
    async with AsyncSession(engine) as session:
        await session.execute(delete(UserRow))
        waiting = asyncio.create_task(
            client.patch("/me", json={"name": "Anna"}, headers=ann[1])
        )
        await until_somebody_waits()
        await session.commit()

    assert (await waiting).status_code == 409
    assert (await client.get("/me", headers=ann[1])).status_code == 401


async def test_a_token_may_outlive_its_user(serve):
    async def signed(_: str) -> Principal:
        return Principal(uuid4(), Role.CUSTOMER)

    app = FastAPI()
    app.include_router(me_routes.me)
    app.state.verify_token = signed
    client = await serve(app)
    answer = await client.get("/me", headers={"Authorization": "Bearer x"})

    assert answer.status_code == 404
    assert answer.json()["detail"] == "This account is gone"
