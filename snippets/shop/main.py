"""The composition root of the web process: it knows every layer.

``uvicorn --factory snippets.shop.main:from_environment`` serves it; with
``--timeout-graceful-shutdown 10``, since streams do not end by themselves.
"""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

from fastapi import Depends, FastAPI

from snippets.api_design.invalid_requests import answer_invalid_requests
from snippets.api_design.problem_details import (
    document_problems,
    problem_responses,
)
from snippets.api_design.request_limits import MEGABYTE
from snippets.api_design.time_limit import TimeLimit
from snippets.architecture_patterns.error_mapping import install_problem_details
from snippets.architecture_patterns.pricing import Tier
from snippets.database_patterns.engine import service_engine
from snippets.domain_driven_design.discount import PercentageOff
from snippets.event_driven.background import background
from snippets.event_driven.live_updates import live_updates
from snippets.event_driven.outbox_wakeup import OutboxWakeup

from .application.cancel_order import CancelOrder
from .application.place_order import PlaceOrder
from .domain.pricing import Pricing
from .infrastructure.postgres_order_queries import PostgresOrderQueries
from .presentation.order_routes import known_order, order_router
from .wiring import Settings, opened, units_of_work

TIER_DISCOUNTS = {
    Tier.SILVER: [PercentageOff(Decimal(5))],
    Tier.GOLD: [PercentageOff(Decimal(10))],
}
TO_BEGIN_AN_ANSWER = timedelta(seconds=20)


def create_app(settings: Settings) -> FastAPI:
    """The service, ready to be served; it connects when it starts."""
    engine = service_engine(settings.database_url, application_name="shop-web")
    wakeup = OutboxWakeup(settings.database_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            async with opened(engine, settings), background(wakeup.run()):
                yield
        except ExceptionGroup:
            signal.raise_signal(signal.SIGTERM)  # uvicorn would serve on
            raise

    unit_of_work = units_of_work(engine)
    queries = PostgresOrderQueries(engine)
    app = FastAPI(
        title="Shop",
        lifespan=lifespan,
        max_body_size=MEGABYTE,
        responses=problem_responses("4XX", "5XX"),
    )
    app.add_middleware(TimeLimit, within=TO_BEGIN_AN_ANSWER)
    app.include_router(
        order_router(
            PlaceOrder(unit_of_work, Pricing(TIER_DISCOUNTS)),
            CancelOrder(unit_of_work),
            queries,
        )
    )
    app.include_router(
        live_updates(engine, wakeup),
        tags=["orders"],
        dependencies=[Depends(known_order(queries))],
    )
    install_problem_details(app)
    answer_invalid_requests(app)
    document_problems(app)
    return app


def from_environment() -> FastAPI:
    """For uvicorn's ``--factory``."""
    return create_app(Settings.of(os.environ))
