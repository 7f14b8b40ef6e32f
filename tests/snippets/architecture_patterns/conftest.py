"""A database with the tables of this package, and a real HTTP server."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
)
from contextlib import AsyncExitStack
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)
from starlette.types import Message, Receive, Scope, Send

from snippets.architecture_patterns.postgres_order_repository import to_row
from snippets.architecture_patterns.specification import Specification
from snippets.architecture_patterns.tables import OrderRow, ProductRow
from snippets.domain_driven_design.order import Order
from snippets.domain_driven_design.persistence import Base
from tests.support.http import served
from tests.support.until import async_until


@pytest.fixture
async def engine(asyncpg_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[FastAPI], Awaitable[str]]]:
    """``await serve(app)`` gives the address; it is stopped after the test."""
    async with AsyncExitStack() as servers:

        async def start(app: FastAPI) -> str:
            return await servers.enter_async_context(served(app))

        yield start


@pytest.fixture
async def shop(engine: AsyncEngine, asyncpg_url: str) -> str:
    """A database URL with the tables and two products in them."""
    async with AsyncSession(engine) as session, session.begin():
        session.add_all(
            [
                ProductRow(sku="TEA-1", price=Decimal("4.90"), currency="EUR"),
                ProductRow(sku="POT-1", price=Decimal("30.00"), currency="EUR"),
            ]
        )
    return asyncpg_url


CHECKED_AT_COMMIT = (
    "create table customers (id uuid primary key)",
    "alter table orders add foreign key (customer_id) references customers"
    " deferrable initially deferred",
)


@pytest.fixture
async def checked_at_commit(engine, shop):
    """The shop; an order of an unknown customer fails when it is committed."""
    async with engine.begin() as connection:
        for statement in CHECKED_AT_COMMIT:
            await connection.execute(text(statement))
    return shop


@pytest.fixture
def count_orders(engine: AsyncEngine) -> Callable[[], Awaitable[int]]:
    """``await count_orders()``: how many are committed."""

    async def count() -> int:
        async with engine.connect() as connection:
            return await connection.scalar(text("select count(*) from orders"))

    return count


Statements = list[str]


@pytest.fixture
def statements(engine: AsyncEngine) -> Statements:
    """Every SQL statement sent from here on."""
    sent: Statements = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(
        connection: object, cursor: object, statement: str, *_: object
    ) -> None:
        sent.append(statement)

    return sent


OTHER_CONNECTIONS = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid()"
)


@pytest.fixture
async def all_closed(postgres_url: str) -> Callable[[], Awaitable[None]]:
    """Returns when nobody is connected to the test's database any more."""

    async def wait() -> None:
        connection = await psycopg.AsyncConnection.connect(
            postgres_url, autocommit=True
        )
        async with connection:

            async def alone() -> bool:
                cursor = await connection.execute(OTHER_CONNECTIONS)
                return await cursor.fetchone() == (0,)

            await async_until(alone)

    return wait


@pytest.fixture
async def cache_closed(redis_url: str) -> Callable[[], Awaitable[None]]:
    """Returns when nobody is connected to the test's cache any more."""
    database = redis_url.rpartition("/")[2]

    async def wait() -> None:
        async with Redis.from_url(redis_url) as admin:
            me = await admin.client_id()

            async def alone() -> bool:
                return not any(
                    client["db"] == database and int(client["id"]) != me
                    for client in await admin.client_list()
                )

            await async_until(alone)

    return wait


class Recorder:
    """An ASGI application that notes when the answer has been sent."""

    def __init__(self, app: FastAPI, happened: list[str]) -> None:
        self._app, self._happened = app, happened

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        async def note(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body":
                self._happened.append("answer sent")

        await self._app(scope, receive, note)


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture
def filtered(asyncpg_url: str) -> Iterator[Callable[..., set[UUID]]]:
    """Store orders, return the ids of those that PostgreSQL finds.

    By the driver of the service: another binds values in another way. For
    tests that Hypothesis runs, which are no coroutines.
    """
    engine = create_async_engine(asyncpg_url)

    async def create_tables() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    async def find(
        stored: Iterable[Order], condition: Specification
    ) -> set[UUID]:
        async with AsyncSession(engine) as session:
            session.add_all(map(to_row, stored))
            return set(
                await session.scalars(
                    select(OrderRow.id).where(condition.to_sql())
                )
            )

    with asyncio.Runner() as runner:
        runner.run(create_tables())
        yield lambda *arguments: runner.run(find(*arguments))
        runner.run(engine.dispose())
