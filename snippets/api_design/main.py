"""The composition root of an API: what stands on ``app.state``, and who may
call which router.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from ..architecture_patterns.database_url import asyncpg_engine
from ..architecture_patterns.error_mapping import install_problem_details
from ..architecture_patterns.event_recorder import unrecorded
from ..architecture_patterns.postgres_price_list import PostgresPriceList
from ..architecture_patterns.postgres_unit_of_work import PostgresUnitOfWork
from .access_tokens import PostgresTokens
from .current_user import only_admins
from .dependencies import ApiSettings
from .me_routes import me
from .my_order_routes import my_orders
from .problem_details import document_problems, problem_responses
from .sign_in_routes import sign_ins
from .user_routes import users


def create_app(database_url: str, settings: ApiSettings) -> FastAPI:
    """The service; migrations have made its tables, see Database patterns."""
    engine = asyncpg_engine(database_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(
        title="Shop",
        lifespan=lifespan,
        responses=problem_responses("4XX", "5XX"),
    )
    app.state.engine = engine
    app.state.settings = settings
    app.state.verify_token = PostgresTokens(engine)
    app.state.prices = PostgresPriceList(engine)
    app.state.unit_of_work = lambda: PostgresUnitOfWork(engine, unrecorded)
    app.include_router(users, dependencies=[only_admins])
    app.include_router(sign_ins, dependencies=[only_admins])
    app.include_router(me)
    app.include_router(my_orders)
    install_problem_details(app)
    document_problems(app)
    return app
