"""The composition root: a service that runs, and closes what it opened."""

from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from snippets.architecture_patterns.main import create_app
from snippets.domain_driven_design.persistence import Base


async def test_on_an_empty_database_the_service_runs(serve, asyncpg_url):
    url = f"{asyncpg_url}?sslmode=prefer&connect_timeout=10"
    address = await serve(create_app(url))
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


async def test_it_holds_no_connection_after_a_start_that_failed(
    engine, asyncpg_url, all_closed
):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.execute(text("create type orders as (id uuid)"))
    await engine.dispose()
    app = create_app(asyncpg_url)

    with pytest.raises(ProgrammingError):
        async with app.router.lifespan_context(app):
            pass

    await all_closed()
