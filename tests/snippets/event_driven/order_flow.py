"""One order's flow with real participants, and what may come of it."""

import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from snippets.domain_driven_design.persistence import Base
from snippets.event_driven.http_payments import HttpPayments
from snippets.event_driven.order_saga import OrderSteps, new_order_saga
from snippets.event_driven.postgres_orders import PostgresOrders
from snippets.event_driven.postgres_stock import (
    FreeStockRow,
    PostgresStock,
)
from snippets.event_driven.saga import SagaDefinition
from snippets.event_driven.saga_runner import SagaRunner
from snippets.event_driven.saga_store import start
from tests.support.process import running
from tests.support.until import async_until

ROOT = Path(__file__).resolve().parents[3]
SKU, PIECES, CENTS, ON_SHELF = "TEA", 2, 980, 10


@dataclass(frozen=True)
class Outcome:
    """What customer, warehouse and accounting see."""

    order: str | None
    free: int
    charged: tuple[int, ...]


DONE = Outcome("confirmed", ON_SHELF - PIECES, (CENTS,))
COMPENSATED = Outcome("cancelled", ON_SHELF, ())
OUT_OF_STOCK = Outcome("cancelled", 0, ())


def at_once(_: int) -> timedelta:
    return timedelta(0)


@dataclass(frozen=True)
class OrderFlow:
    """The participants of one shop, as one process holds them."""

    engine: AsyncEngine
    orders: PostgresOrders
    stock: PostgresStock
    payments: HttpPayments

    @property
    def definition(self) -> SagaDefinition:
        return OrderSteps(self.orders, self.stock, self.payments).definition()

    def runner(self, kind=SagaRunner, **options) -> SagaRunner:
        return kind(
            self.engine, [self.definition], **{"delay": at_once} | options
        )

    async def start_saga(self, order_id: UUID | None = None) -> UUID:
        order_id = order_id or uuid4()
        saga = new_order_saga(order_id, SKU, PIECES, CENTS)
        async with self.engine.begin() as connection:
            await start(connection, saga)
        return order_id

    async def settle(self, runner: SagaRunner | None = None) -> None:
        """As if the leases of the dead had run out: work until all is done."""
        await self.execute(
            "update sagas set due_at = now() where due_at is not null"
        )
        await self.work(runner or self.runner())

    async def work(self, runner: SagaRunner) -> None:
        while await runner.run_once():
            pass

    async def finished(self) -> None:
        """Returns when all is done that somebody works on."""

        async def nothing_is_due() -> bool:
            query = "select 1 from sagas where due_at is not null"
            return not await self.rows(query)

        await async_until(nothing_is_due)

    async def execute(self, statement: str) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement))

    async def rows(self, query: str) -> list[tuple]:
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    async def outcome(self, provider) -> Outcome:
        orders = await self.rows("select status from order_progress")
        ((free,),) = await self.rows("select free from free_stock")
        return Outcome(
            orders[0][0] if orders else None,
            free,
            tuple(provider.charges.values()),
        )


@asynccontextmanager
async def participants(database: str, provider: str):
    """Connections of one process, to a database that is set up."""
    engine = create_async_engine(database)
    async with httpx.AsyncClient(
        base_url=provider,
        timeout=30,
        verify=False,  # noqa: S501 - no TLS here, and certificates load slowly
        trust_env=False,
    ) as client:
        yield OrderFlow(
            engine,
            PostgresOrders(engine),
            PostgresStock(engine),
            HttpPayments(client),
        )
    await engine.dispose()


async def set_up(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(
            insert(FreeStockRow).values(sku=SKU, free=ON_SHELF)
        )


@asynccontextmanager
async def order_flow(database: str, provider: str):
    async with participants(database, provider) as flow:
        await set_up(flow.engine)
        yield flow


async def start_and_kill_while_charging(provider, module, *arguments):
    """SIGKILL ``module`` once the provider has charged, before it answers."""
    provider.answers.clear()
    module = f"tests.snippets.event_driven.{module}"
    with running([sys.executable, "-m", module, *arguments], cwd=ROOT) as shop:
        try:
            await async_until(provider.acted.is_set, shop)
        finally:
            shop.kill()
            provider.answers.set()
