"""The composition root: the one module that knows every layer.

``uvicorn --factory snippets.shop.main:from_environment`` serves it.
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from fastapi import FastAPI
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.architecture_patterns.error_mapping import install_error_handlers
from snippets.architecture_patterns.pricing import Tier
from snippets.domain_driven_design.discount import PercentageOff

from .application.cancel_order import CancelOrder
from .application.place_order import PlaceOrder
from .application.unit_of_work import UnitOfWork
from .domain.pricing import Pricing
from .infrastructure.demo_data import insert_demo_data
from .infrastructure.postgres_order_queries import PostgresOrderQueries
from .infrastructure.postgres_unit_of_work import PostgresUnitOfWork
from .infrastructure.tables import create_tables
from .presentation.order_routes import order_router

TIER_DISCOUNTS = {
    Tier.SILVER: [PercentageOff(Decimal(5))],
    Tier.GOLD: [PercentageOff(Decimal(10))],
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between environments."""

    database_url: str
    demo_data: bool = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read ``DATABASE_URL`` (postgresql://…) and ``DEMO_DATA`` (1).

        Raises:
            SystemExit: no database is named; the message says so.
        """
        if not environment.get("DATABASE_URL"):
            raise SystemExit("Set DATABASE_URL, such as postgresql://host/shop")
        url = make_url(environment["DATABASE_URL"])
        return cls(
            url.set(drivername="postgresql+asyncpg").render_as_string(
                hide_password=False
            ),
            environment.get("DEMO_DATA") == "1",
        )


def create_app(settings: Settings) -> FastAPI:
    """The service, ready to be served; it connects when it starts."""
    engine = create_async_engine(settings.database_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await create_tables(connection)
            if settings.demo_data:
                await insert_demo_data(connection)
        yield
        await engine.dispose()

    def unit_of_work() -> UnitOfWork:
        return PostgresUnitOfWork(engine)

    app = FastAPI(title="Shop", lifespan=lifespan)
    app.include_router(
        order_router(
            PlaceOrder(unit_of_work, Pricing(TIER_DISCOUNTS)),
            CancelOrder(unit_of_work),
            PostgresOrderQueries(engine),
        )
    )
    install_error_handlers(app)
    return app


def from_environment() -> FastAPI:
    """For uvicorn's ``--factory``."""
    return create_app(Settings.of(os.environ))
