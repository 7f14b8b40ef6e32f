"""The composition root of an API: what stands on ``app.state``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from ..architecture_patterns.database_url import asyncpg_engine
from ..architecture_patterns.event_recorder import unrecorded
from ..architecture_patterns.postgres_price_list import PostgresPriceList
from ..architecture_patterns.postgres_unit_of_work import PostgresUnitOfWork
from .access_tokens import PostgresTokens
from .assembled_api import assembled_api
from .dependencies import ApiSettings
from .file_store import DiskStore


def create_app(database_url: str, settings: ApiSettings) -> FastAPI:
    """The service; migrations have made its tables, see Database patterns."""
    engine = asyncpg_engine(database_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = assembled_api(lifespan, DiskStore(settings.files))
    app.state.engine = engine
    app.state.settings = settings
    app.state.verify_token = PostgresTokens(engine)
    app.state.prices = PostgresPriceList(engine)
    app.state.unit_of_work = lambda: PostgresUnitOfWork(engine, unrecorded)
    return app
