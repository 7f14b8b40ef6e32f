"""PATCH: absent, null and a value are three different things."""

import pytest

from snippets.api_design.user_patch import UserPatch
from snippets.api_design.user_routes import users

ANN = {"email": "ann@shop.example", "name": "Ann", "phone": "+4930123456"}


@pytest.fixture
async def client(serve):
    return await serve(users)


@pytest.fixture
async def ann(client):
    return (await client.post("/users", json=ANN)).headers["Location"]


@pytest.mark.parametrize(
    "sent",
    [{}, {"phone": None}, {"phone": "+4930654321"}, {"name": "Anna"}],
)
async def test_only_what_was_sent_changes(client, ann, sent):
    answer = await client.patch(ann, json=sent)

    assert answer.status_code == 200
    assert answer.json().items() >= (ANN | sent).items()
    assert (await client.get(ann)).json() == answer.json()


def test_the_schema_tells_clients_where_null_is_allowed():
    fields = UserPatch.model_json_schema()["properties"]
    assert [name for name in fields if "null" in str(fields[name])] == ["phone"]
