"""Who asks: 401 with a challenge, 403 by role, and nothing in between."""

import pytest
from fastapi import APIRouter, Depends, FastAPI

from snippets.api_design import current_user, current_user_broken
from snippets.api_design.access_tokens import PostgresTokens
from snippets.api_design.current_user import CurrentUser, Principal
from snippets.api_design.user_routes import users
from snippets.api_design.user_table import Role
from tests.snippets.api_design.accounts import sign_up
from tests.support.twins import fix_and_twin

PROBLEM = "application/problem+json"


@pytest.fixture
async def ann(engine):
    return await sign_up(engine, "ann")


@pytest.fixture
async def admin(engine):
    return await sign_up(engine, "admin", Role.ADMIN)


@pytest.fixture
def guarded(serve, engine):
    """``await guarded(module)``: a client of routes for admins only."""

    async def guarded(module):
        app, open_to_all = FastAPI(), APIRouter()
        app.state.verify_token = PostgresTokens(engine)

        @open_to_all.get("/who")
        async def who(user: CurrentUser) -> Principal:
            return user

        app.include_router(users, dependencies=[module.only_admins])
        app.include_router(open_to_all)
        return await serve(app)

    return guarded


@fix_and_twin(
    "module",
    current_user,
    current_user_broken,
    "A customer adds ?role=customer to the address and reads everybody's data.",
)
async def test_no_query_opens_what_is_for_admins(guarded, ann, module):
    client = await guarded(module)
    _, headers = ann
    for path in ("/users", "/users?role=customer"):
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 403
        assert answer.headers["Content-Type"] == PROBLEM
        assert "ann@" not in answer.text


@pytest.mark.parametrize("module", [current_user, current_user_broken])
async def test_each_role_may_what_it_may(guarded, ann, admin, module):
    client = await guarded(module)
    assert (await client.get("/users")).status_code == 401
    for (_, headers), status in ((ann, 403), (admin, 200)):
        answer = await client.get("/users", headers=headers)
        assert answer.status_code == status


@pytest.fixture
async def client(guarded):
    return await guarded(current_user)


async def test_a_route_learns_who_asks(client, ann):
    user_id, headers = ann
    answer = await client.get("/who", headers=headers)
    assert answer.json() == {"user_id": str(user_id), "role": "customer"}


NO_TOKENS = ["", "Bearer", "Basic YTpi", "Token x", "x", "\xff"]
WRONG_TOKENS = [
    *("Bearer x", "bearer x", "BEARER x", "Bearer null", "Bearer \xff\xe9"),
    *(
        "Bearer ' or 1=1 --",
        "Bearer a b",
        "Bearer a,b",
        f"Bearer {'x' * 9_000}",
    ),
]


@pytest.mark.parametrize(
    ("authorizations", "challenge"),
    [(NO_TOKENS, "Bearer"), (WRONG_TOKENS, 'Bearer error="invalid_token"')],
)
async def test_whatever_is_no_token_is_a_401(client, authorizations, challenge):
    for text in authorizations:
        value = text.encode("latin-1")
        answer = await client.get("/who", headers={"Authorization": value})
        assert answer.status_code == 401, text
        assert answer.headers["WWW-Authenticate"] == challenge
        assert answer.headers["Content-Type"] == PROBLEM


async def test_a_token_counts_nowhere_but_in_its_header(client, ann):
    token = ann[1]["Authorization"].removeprefix("Bearer ")
    for address in (f"/who?access_token={token}", f"/who?token={token}"):
        answer = await client.get(address, headers={"Cookie": f"token={token}"})
        assert answer.status_code == 401


async def test_who_is_not_signed_in_learns_nothing_of_the_route(client):
    for method, path in (
        ("GET", "/users/1"),
        ("GET", "/users?limit=x"),
        ("PATCH", "/users/1"),
        ("POST", "/users"),
    ):
        answer = await client.request(method, path, json={"x": 1})
        assert answer.status_code == 401


async def test_a_scheme_is_written_in_any_case(client, ann):
    _, headers = ann
    token = headers["Authorization"].removeprefix("Bearer ")
    answer = await client.get(
        "/who", headers={"Authorization": f"bEARER {token}"}
    )
    assert answer.status_code == 200


async def test_a_refusal_by_role_says_which(client, ann):
    answer = await client.get("/users", headers=ann[1])

    assert answer.json()["detail"] == "This is for the role admin"
    challenge = 'Bearer error="insufficient_scope"'
    assert answer.headers["WWW-Authenticate"] == challenge


async def test_openapi_tells_everybody_of_the_parameter(guarded):
    client = await guarded(current_user_broken)
    paths = (await client.get("/openapi.json")).json()["paths"]
    parameters = paths["/users"]["post"]["parameters"]
    assert [(each["name"], each["in"]) for each in parameters] == [
        ("role", "query")
    ]


async def test_a_body_that_is_no_json_is_refused_before(client):
    answer = await client.post(
        "/users", content="{", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422


async def test_what_is_mounted_is_not_guarded(serve):
    app, reports = FastAPI(dependencies=[current_user.only_admins]), FastAPI()

    @reports.get("/sales")
    async def sales() -> str:
        return "of everybody"

    app.mount("/reports", reports)
    client = await serve(app)
    assert (await client.get("/reports/sales")).status_code == 200


async def test_openapi_says_which_routes_need_a_token(client):
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert paths["/users/{user_id}"]["get"]["security"] == [{"HTTPBearer": []}]


@pytest.mark.parametrize(
    ("role", "status"), [(Role.ADMIN, 403), (Role.CUSTOMER, 200)]
)
async def test_a_route_may_ask_for_any_role(serve, engine, ann, role, status):
    app, router = FastAPI(), APIRouter()
    app.state.verify_token = PostgresTokens(engine)

    @router.get("/cart", dependencies=[Depends(current_user.needs(role))])
    async def cart() -> None:
        """Nothing in it."""

    app.include_router(router)
    client = await serve(app)

    _, headers = ann
    assert (await client.get("/cart", headers=headers)).status_code == status
