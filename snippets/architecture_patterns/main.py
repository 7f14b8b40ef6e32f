"""The composition root: the one module that knows every other.

Run it with `uvicorn.run(create_app(os.environ["DATABASE_URL"]))`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from ..domain_driven_design.persistence import Base
from .database_url import asyncpg_engine
from .error_mapping import install_problem_details
from .event_recorder import EventRecorder, unrecorded
from .order_routes import order_router
from .place_order import PlaceOrder
from .postgres_price_list import PostgresPriceList
from .postgres_unit_of_work import PostgresUnitOfWork
from .unit_of_work import UnitOfWork


def create_app(
    database_url: str, record: EventRecorder = unrecorded
) -> FastAPI:
    """The service, ready to be served; it connects when it starts."""
    engine = asyncpg_engine(database_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            async with engine.begin() as connection:  # until you have Alembic
                await connection.run_sync(Base.metadata.create_all)
            yield
        finally:
            await engine.dispose()

    def unit_of_work() -> UnitOfWork:
        return PostgresUnitOfWork(engine, record)

    place_order = PlaceOrder(unit_of_work, PostgresPriceList(engine))
    app = FastAPI(title="Orders", lifespan=lifespan)
    app.include_router(order_router(place_order, unit_of_work))
    install_problem_details(app)
    return app
