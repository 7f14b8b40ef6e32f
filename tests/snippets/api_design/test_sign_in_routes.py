"""Query parameters: what is misspelt, repeated or ambiguous ends nobody's."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design import sign_in_routes, sign_in_routes_broken
from snippets.api_design.access_tokens import AccessTokenRow
from snippets.api_design.user_table import UserRow
from tests.support.twins import fix_and_twin

YEARS = (2026, 2027, 2028)
IN_2027 = "2027-06-01T00:00:00Z"


@pytest.fixture
async def ids(engine):
    """Of three users, each signed in until the start of another year."""
    async with AsyncSession(engine) as session, session.begin():
        rows = [UserRow(email=f"{y}@shop.example", name="Ann") for y in YEARS]
        session.add_all(rows)
        await session.flush()
        await session.execute(
            insert(AccessTokenRow),
            [
                {
                    "digest": str(year).encode(),
                    "user_id": row.id,
                    "expires_at": datetime(year, 1, 1, tzinfo=UTC),
                }
                for row, year in zip(rows, YEARS, strict=True)
            ],
        )
        return [str(row.id) for row in rows]


@pytest.fixture
def years(engine):
    """``await years()``: whose sign-ins are left."""

    async def years():
        async with engine.connect() as connection:
            expiry = select(AccessTokenRow.expires_at)
            return {moment.year for moment in await connection.scalars(expiry)}

    return years


@fix_and_twin(
    "module",
    sign_in_routes,
    sign_in_routes_broken,
    "A typo in the name of a filter signs everybody out.",
)
async def test_a_filter_that_is_misspelt_ends_nothing(
    serve, ids, years, module
):
    client = await serve(module.sign_ins)
    answer = await client.delete(f"/sign-ins?expire_before={IN_2027}")
    assert await years() == set(YEARS)
    assert answer.status_code == 422


@fix_and_twin(
    "module",
    sign_in_routes,
    sign_in_routes_broken,
    "Two users are to be signed out, and everybody is.",
)
async def test_a_filter_that_is_repeated_counts(serve, ids, years, module):
    client = await serve(module.sign_ins)
    answer = await client.delete(
        "/sign-ins", params={"user_id": [ids[0], ids[2]]}
    )
    assert await years() == {2027}
    assert answer.json() == {"ended": 2}


@fix_and_twin(
    "module",
    sign_in_routes,
    sign_in_routes_broken,
    "What expires before 2027 is to end, the answer is 200, and nothing did.",
)
async def test_a_year_is_no_second_of_1970(serve, ids, module):
    client = await serve(module.sign_ins)
    answer = await client.delete("/sign-ins?expires_before=2027")
    assert answer.status_code == 422


@pytest.mark.parametrize("module", [sign_in_routes, sign_in_routes_broken])
async def test_a_moment_ends_what_is_before(serve, ids, years, module):
    client = await serve(module.sign_ins)
    answer = await client.delete(f"/sign-ins?expires_before={IN_2027}")
    assert answer.json() == {"ended": 2}
    assert await years() == {2028}


async def test_as_a_body_the_list_of_the_twin_works(serve, ids, years):
    client = await serve(sign_in_routes_broken.sign_ins)
    answer = await client.request("DELETE", "/sign-ins", json=ids[:1])
    assert answer.json() == {"ended": 1}
    assert await years() == {2027, 2028}


@pytest.fixture
async def client(serve):
    return await serve(sign_in_routes.sign_ins)


async def test_get_shows_what_delete_would_end(client, ids):
    query = f"/sign-ins?expires_before={IN_2027}"
    shown = (await client.get(query)).json()
    assert [each["user_id"] for each in shown] == ids[:2]
    assert (await client.delete(query)).json() == {"ended": 2}
    assert (await client.get(query)).json() == []


async def test_before_is_not_at(client, ids, years):
    query = "/sign-ins?expires_before=2027-01-01T00:00:00Z"
    assert (await client.delete(query)).json() == {"ended": 1}
    assert await years() == {2027, 2028}


async def test_a_hundred_users_are_not_too_many(client):
    query = "?user_id=" + "&user_id=".join(str(uuid4()) for _ in range(100))
    assert (await client.delete(f"/sign-ins{query}")).json() == {"ended": 0}


async def test_filters_are_joined_by_and(client, ids, years):
    query = f"?expires_before={IN_2027}&user_id={ids[0]}&user_id={ids[2]}"
    assert (await client.delete(f"/sign-ins{query}")).json() == {"ended": 1}
    assert await years() == {2027, 2028}


NO_FILTERS = [
    *("", "?", "?user_id", "?user_id=", "?expires_before=", "?=", "?&&"),
    *("?user_id=%00", "?user_id=' or 1=1 --", "?user_id[]=x", "?USER_ID=x"),
    *("?expires_before=null", "?expires_before=NaN", "?expires_before=1e400"),
    *("?expires_before=20270101", "?expires_before=2027-01-01"),
    *("?expires_before=-1", f"?expires_before={IN_2027[:-1]}"),
    *(f"?expires_before={IN_2027}&x=1", f"?expires_before={IN_2027}%00"),
    f"?expires_before={IN_2027[:-1]}+02:00",  # a plus is a space
    "?expires_before=0001-01-01T00:00:00%2B14:00",  # the year 0, in UTC
    "?expires_before=9999-12-31T23:59:59-12:00",
    "?user_id=" + "&user_id=".join(str(uuid4()) for _ in range(101)),
]


async def test_what_is_no_filter_ends_nothing(client, ids, years):
    for query in NO_FILTERS:
        for method in ("GET", "DELETE"):
            answer = await client.request(method, f"/sign-ins{query}")
            assert answer.status_code == 422, query
    assert await years() == set(YEARS)


async def test_no_body_is_a_filter(client, ids, years):
    answer = await client.request("DELETE", "/sign-ins", json=ids)
    assert answer.status_code == 422
    assert await years() == set(YEARS)


async def test_openapi_names_each_filter(client):
    paths = (await client.get("/openapi.json")).json()["paths"]
    parameters = paths["/sign-ins"]["delete"]["parameters"]
    assert {each["name"] for each in parameters} == {
        *("user_id", "expires_before")
    }


async def test_of_a_single_filter_that_is_repeated_the_last_counts(client, ids):
    moments = ("2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z")
    query = "&".join(f"expires_before={moment}" for moment in moments)
    ended = await client.delete(f"/sign-ins?{query}")
    assert (ended.status_code, ended.json()) == (200, {"ended": len(ids)})
