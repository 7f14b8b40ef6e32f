"""PATCH: absent, null and a value are three different things."""

import asyncio

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import MISSING
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design import (
    user_patch,
    user_patch_broken,
    user_patch_none_broken,
)
from snippets.api_design.user_patch import UserPatch
from snippets.api_design.user_routes import UserOfPath, users
from snippets.api_design.user_schemas import UserView
from snippets.api_design.user_table import UserRow
from snippets.architecture_patterns.request_session import RequestSession
from tests.support.twins import fix_and_twin

ANN = {"email": "ann@shop.example", "name": "Ann", "phone": "+4930123456"}
all_three = pytest.mark.parametrize(
    "module", [user_patch, user_patch_broken, user_patch_none_broken]
)


@pytest.fixture
async def ann(engine):
    async with AsyncSession(engine) as session, session.begin():
        session.add(row := UserRow(**ANN))
        await session.flush()
        return f"/users/{row.id}"


@pytest.fixture
def patch(serve, ann):
    """``await patch(module, body)`` by the module's model."""

    async def patch(module, body):
        router = APIRouter()

        @router.patch("/users/{user_id}")
        async def change(
            body: module.UserPatch, row: UserOfPath, session: RequestSession
        ) -> UserView:
            body.apply_to(row)
            await session.flush()
            return UserView.of(row)

        client = await serve(router)
        return await client.patch(ann, json=body)

    return patch


@fix_and_twin(
    "module",
    user_patch,
    user_patch_broken,
    "Whoever empties a field of the form gets an error 500.",
)
async def test_null_is_refused_where_no_null_can_be(patch, module):
    for field in ("email", "name"):
        answer = await patch(module, {field: None})
        assert answer.status_code == 422


@fix_and_twin(
    "module",
    user_patch,
    user_patch_none_broken,
    "A customer removes the phone number, is told that it worked, "
    "and is called all the same.",
)
async def test_null_empties_what_may_be_empty(patch, module):
    answer = await patch(module, {"phone": None})
    assert answer.status_code == 200
    assert answer.json()["phone"] is None


@all_three
async def test_only_what_was_sent_changes(patch, module):
    now = dict(ANN)
    for sent in ({}, {"phone": "+4930654321"}, {"name": "Anna"}):
        answer = await patch(module, sent)
        now |= sent
        assert answer.status_code == 200
        assert answer.json().items() >= now.items()


@pytest.fixture
async def client(serve):
    return await serve(users)


async def test_what_was_changed_is_stored(client, ann):
    changes = {"email": "anna@shop.example", "name": "Anna", "phone": None}
    answer = await client.patch(ann, json=changes)

    assert answer.json().items() >= changes.items()
    assert (await client.get(ann)).json() == answer.json()


async def test_a_merge_patch_may_say_that_it_is_one(client, ann):
    answer = await client.patch(
        ann,
        content='{"name": "Anna"}',
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert answer.json()["name"] == "Anna"


async def test_what_no_client_may_change_is_refused(client, ann):
    for field in ("role", "version", "id", "password_hash", "created_at"):
        answer = await client.patch(ann, json={field: "1"})
        assert answer.status_code == 422, field


async def test_an_address_that_another_has_is_a_conflict(client, ann):
    await client.post("/users", json=ANN | {"email": "bob@shop.example"})
    answer = await client.patch(ann, json={"email": "Bob@shop.example"})

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/email-taken")


async def test_of_two_changes_at_once_none_is_lost_in_silence(
    client, ann, engine, until_somebody_waits
):
    async with AsyncSession(engine) as session:
        row = await session.get(UserRow, ann.rpartition("/")[2])
        row.phone = None
        await session.flush()
        waiting = asyncio.create_task(client.patch(ann, json={"name": "Anna"}))
        await until_somebody_waits()
        await session.commit()

    answer = await waiting
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/user-changed")


async def test_at_a_stricter_level_the_later_may_try_again(
    serve, ann, engine, until_somebody_waits
):
    app = FastAPI()
    app.include_router(users)
    client = await serve(app)
    app.state.engine = engine.execution_options(isolation_level="SERIALIZABLE")
    async with AsyncSession(engine) as session:
        row = await session.get(UserRow, ann.rpartition("/")[2])
        row.phone = None
        await session.flush()
        waiting = asyncio.create_task(client.patch(ann, json={"name": "Anna"}))
        await until_somebody_waits()
        await session.commit()

    answer = await waiting
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    again = await client.patch(ann, json={"name": "Anna"})
    assert again.json().items() >= {"name": "Anna", "phone": None}.items()


def test_the_schema_tells_clients_where_null_is_allowed():
    fields = UserPatch.model_json_schema()["properties"]
    assert [name for name in fields if "null" in str(fields[name])] == ["phone"]


def test_absent_is_told_from_null():
    assert UserPatch().phone is MISSING
    assert UserPatch(phone=None).phone is None


def test_mypy_asks_for_the_comparison(mypy):
    found = mypy(
        "from pydantic import MISSING, BaseModel\n"
        "class Patch(BaseModel):\n"
        "    name: str | MISSING = MISSING\n"
        "patch = Patch()\n"
        "patch.name.upper()\n"
        "if patch.name is not MISSING:\n"
        "    patch.name.upper()\n"
    )
    assert 'module.py:5: error: Item "sentinel"' in found
    assert "Found 1 error" in found
