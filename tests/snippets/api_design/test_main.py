"""The whole service: who may call what, from sign-in to deletion."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design import main
from snippets.api_design.dependencies import ApiSettings
from snippets.api_design.user_table import Role, UserRow
from snippets.architecture_patterns.tables import ProductRow
from tests.snippets.api_design.accounts import api, sign_up


@pytest.fixture
async def client(engine, asyncpg_url):
    async with AsyncSession(engine) as session, session.begin():
        session.add(ProductRow(sku="TEA-1", price=5, currency="EUR"))
    async with api(asyncpg_url) as client:
        yield client


async def test_what_each_may_do(client, engine):
    ann_id, ann = await sign_up(engine, "ann")
    _, admin = await sign_up(engine, "admin", Role.ADMIN)
    order = {"quantities": {"TEA-1": 1}}

    for path in ("/users", f"/users/{ann_id}"):
        assert (await client.get(path)).status_code == 401
        assert (await client.get(path, headers=ann)).status_code == 403
        assert (await client.get(path, headers=admin)).status_code == 200
    placed = await client.post("/orders", json=order, headers=ann)
    found = await client.get(placed.headers["Location"], headers=ann)
    assert found.json()["total"] == "5.00"
    deleted = await client.delete(f"/users/{ann_id}", headers=admin)
    assert deleted.status_code == 204
    assert (await client.get("/orders", headers=ann)).status_code == 401


async def test_every_route_needs_a_token_but_those_to_products(client):
    paths = (await client.get("/openapi.json")).json()["paths"]
    for version in ("", "/v1", "/v2"):
        path = f"{version}/products/{{sku}}"
        assert "security" not in paths.pop(path)["get"]
    for path, methods in paths.items():
        for method in methods:
            answer = await client.request(method, path)
            assert answer.status_code == 401, f"{method} {path}"


async def test_a_stopped_service_leaves_no_connection(engine, asyncpg_url):
    app = main.create_app(asyncpg_url, ApiSettings())
    async with app.router.lifespan_context(app):
        async with app.state.engine.connect() as connection:
            await connection.execute(select(UserRow.id))
        pool = app.state.engine.pool
        assert pool.checkedin() == 1
    assert app.state.engine.pool is not pool
    assert pool.checkedin() == 0
