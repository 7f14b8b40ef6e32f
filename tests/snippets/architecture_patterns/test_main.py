"""The composition root: a service that runs, and closes what it opened."""

from uuid import uuid4

import httpx

from snippets.architecture_patterns.main import create_app


async def test_on_an_empty_database_the_service_runs(serve, asyncpg_url):
    address = await serve(create_app(asyncpg_url))
    async with httpx.AsyncClient(base_url=address) as client:
        response = await client.get(f"/orders/{uuid4()}")

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


async def test_it_holds_no_connection_after_it_has_stopped(
    asyncpg_url, all_closed
):
    app = create_app(asyncpg_url)
    async with app.router.lifespan_context(app):
        pass

    await all_closed()
