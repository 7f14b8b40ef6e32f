"""The process that works on order sagas; several of them share the work."""

import httpx

from ..architecture_patterns.database_url import asyncpg_engine
from .http_payments import HttpPayments
from .order_saga import OrderSteps
from .postgres_orders import PostgresOrders
from .postgres_stock import PostgresStock
from .saga_runner import SagaRunner


async def work_on_sagas(database_url: str, provider_url: str) -> None:
    """Run until cancelled; what is interrupted is resumed by the next."""
    engine = asyncpg_engine(database_url)
    try:
        async with httpx.AsyncClient(
            base_url=provider_url,
            timeout=5,  # seconds: well below half a lease
        ) as client:
            steps = OrderSteps(
                PostgresOrders(engine),
                PostgresStock(engine),
                HttpPayments(client),
            )
            await SagaRunner(engine, [steps.definition()]).run()
    finally:
        await engine.dispose()
