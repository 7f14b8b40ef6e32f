"""Schemas: what may be sent, and what is shown."""

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design.user_routes import users
from snippets.api_design.user_schemas import UserView
from snippets.api_design.user_table import UserRow

ANN = {"email": "ann@shop.example", "name": "Ann"}


@pytest.fixture
async def client(serve):
    return await serve(users)


async def test_what_is_shown_is_what_the_model_names(client, engine):
    address = (await client.post("/users", json=ANN)).headers["Location"]
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(
            update(UserRow).values({"password_hash": "secret"})
        )

    for path in (address, "/users"):
        assert "secret" not in (await client.get(path)).text
    shown = (await client.get(address)).json()
    assert shown.keys() == UserView.model_fields.keys()
    assert shown.keys() == {
        *("id", "email", "name", "phone", "role", "created_at")
    }
