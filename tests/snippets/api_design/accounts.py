"""Users who are signed in, and a service with all routes."""

from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design import main
from snippets.api_design.access_tokens import issue_token
from snippets.api_design.dependencies import ApiSettings
from snippets.api_design.user_table import Role, UserRow
from tests.support.http import served

HOUR = timedelta(hours=1)


async def sign_up(engine, name, role=Role.CUSTOMER, lifetime=HOUR):
    """The id of a new user, and the header that tells who asks."""
    async with AsyncSession(engine) as session, session.begin():
        row = UserRow(email=f"{name}@shop.example", name=name, role=role)
        session.add(row)
        await session.flush()
        token = await issue_token(session, row.id, lifetime)
        return row.id, {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def api(database_url, page_size=2):
    """A client of the whole service, which nobody has signed in."""
    app = main.create_app(database_url, ApiSettings(page_size))
    async with (
        served(app) as address,
        httpx.AsyncClient(base_url=address, timeout=40) as client,
    ):
        yield client
