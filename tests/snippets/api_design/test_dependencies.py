"""Dependencies: made once a request, shared, and replaced in tests."""

from functools import partial
from uuid import uuid4

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.api_design import (
    dependencies_scope_broken,
    main,
    user_routes,
)
from snippets.api_design.dependencies import (
    ApiSettings,
    Orders,
    PlacesOrders,
    ReadsOrders,
    Settings,
    get_settings,
)
from snippets.api_design.user_table import Role, UserRow
from snippets.architecture_patterns.in_memory_unit_of_work import (
    InMemoryUnitOfWork,
    Store,
)
from snippets.architecture_patterns.request_session import RequestSession
from tests.snippets.api_design.accounts import api, sign_up
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize(
    "module", [user_routes, dependencies_scope_broken]
)


@pytest.fixture
async def ann(engine):
    """Where Ann is; Bob has an address, too."""
    async with AsyncSession(engine) as session, session.begin():
        row = UserRow(email="ann@shop.example", name="Ann")
        session.add_all([row, UserRow(email="bob@shop.example", name="Bob")])
        await session.flush()
        return f"/users/{row.id}"


@fix_and_twin(
    "module",
    user_routes,
    dependencies_scope_broken,
    "A customer is told that the new address is saved, and it is not.",
)
async def test_what_the_client_is_told_is_stored(serve, ann, module):
    client = await serve(module.users)
    answer = await client.patch(ann, json={"email": "bob@shop.example"})
    assert answer.status_code == 409


@both
async def test_what_can_be_saved_is_saved(serve, ann, module):
    client = await serve(module.users)
    answer = await client.patch(ann, json={"name": "Anna"})
    assert answer.json()["name"] == "Anna"
    nobody = await client.patch(f"/users/{uuid4()}", json={"name": "Anna"})
    assert nobody.status_code == 404


@pytest.fixture
async def parts(serve):
    """A service whose only route tells what it was given."""
    app, router, given = FastAPI(), APIRouter(), []
    app.state.settings = ApiSettings(page_size=7)
    app.state.unit_of_work = lambda: InMemoryUnitOfWork(Store())
    app.state.prices = None

    @router.get("/parts")
    async def parts(
        settings: Settings,
        place_order: PlacesOrders,
        orders: Orders,
        queries: ReadsOrders,
        session: RequestSession,
    ) -> int:
        given.append((place_order, orders, queries, session))
        return settings.page_size

    app.include_router(router)
    return app, await serve(app), given


async def test_a_request_gets_its_own_and_one_session_for_all(parts):
    _, client, given = parts
    assert [(await client.get("/parts")).json() for _ in range(2)] == [7, 7]

    first, second = given
    assert all(
        one is not other for one, other in zip(first, second, strict=True)
    )
    assert first[2]._session is first[3]


async def test_a_test_replaces_what_was_named(parts):
    app, client, _ = parts
    same = partial(get_settings)
    app.dependency_overrides[same] = lambda: ApiSettings(page_size=1)
    assert (await client.get("/parts")).json() == 7
    app.dependency_overrides[get_settings] = lambda: ApiSettings(page_size=1)
    assert (await client.get("/parts")).json() == 1


async def test_one_connection_is_enough_for_every_route(
    engine, asyncpg_url, monkeypatch
):
    monkeypatch.setattr(
        main,
        "asyncpg_engine",
        partial(create_async_engine, pool_size=1, max_overflow=0),
    )
    _, headers = await sign_up(engine, "ann", Role.ADMIN)
    async with api(asyncpg_url) as client:
        answers = [
            await client.request(
                method, path, json=body, headers=headers, timeout=40
            )
            for method, path, body in (
                ("GET", "/me", None),
                ("PATCH", "/me", {"name": "Anna"}),
                ("GET", "/users", None),
                ("POST", "/users", {"email": "b@shop.example", "name": "B"}),
                ("GET", "/orders", None),
                ("POST", "/orders", {"quantities": {"TEA-1": 1}}),
                ("GET", f"/orders/{uuid4()}", None),
            )
        ]
    assert [answer.status_code for answer in answers] == [
        *(200, 200, 200, 201, 200, 422, 404)
    ]
