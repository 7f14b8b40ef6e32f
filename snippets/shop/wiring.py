"""What both processes of the shop are wired with: settings and storage."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine

from snippets.architecture_patterns.database_url import psycopg_url
from snippets.architecture_patterns.read_committed import read_committed
from snippets.database_patterns.timeouts import Timeouts, set_timeouts

from .application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from .infrastructure.demo_data import insert_demo_data
from .infrastructure.postgres_unit_of_work import PostgresUnitOfWork
from .infrastructure.tables import create_tables

IN_PROCESS = "memory://"
PATIENT = Timeouts(
    lock=timedelta(seconds=30),
    statement=timedelta(seconds=30),
    transaction=timedelta(minutes=1),
)
STREAM = "shop"


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between environments.

    ``stream`` is that of the events; shops that share a NATS have one each.
    """

    database_url: str = field(repr=False)  # a URL may hold a password
    demo_data: bool = False
    bus_url: str = field(default=IN_PROCESS, repr=False)
    stream: str = STREAM
    payment_url: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read ``DATABASE_URL`` (postgresql://…), ``DEMO_DATA`` (1),
        ``NATS_URL``, ``NATS_STREAM`` and ``PAYMENT_URL``.

        Raises:
            SystemExit: no database is named, or in words that no driver
                knows; the message says which.
        """
        if not environment.get("DATABASE_URL"):
            raise SystemExit("Set DATABASE_URL, such as postgresql://host/shop")
        try:
            psycopg_url(environment["DATABASE_URL"])
        except ValueError as error:
            raise SystemExit(f"DATABASE_URL: {error}") from error
        return cls(
            environment["DATABASE_URL"],
            environment.get("DEMO_DATA") == "1",
            environment.get("NATS_URL") or IN_PROCESS,
            environment.get("NATS_STREAM") or STREAM,
            environment.get("PAYMENT_URL"),
        )


@asynccontextmanager
async def opened(
    engine: AsyncEngine, settings: Settings
) -> AsyncIterator[None]:
    """Tables are there in the block; connections are closed behind it."""
    try:
        async with read_committed(engine) as session:
            await set_timeouts(session, PATIENT)  # another may create them now
            connection = await session.connection()
            await create_tables(connection)
            if settings.demo_data:
                await insert_demo_data(connection)
        yield
    finally:
        await engine.dispose()


def units_of_work(engine: AsyncEngine) -> UnitOfWorkFactory:
    """One unit of work a call; here mypy compares it with its port."""

    def unit_of_work() -> UnitOfWork:
        return PostgresUnitOfWork(engine)

    return unit_of_work
