"""A shop with one customer and two products, on each kind of storage."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)

from servers.payment_provider import PaymentProvider, payment_provider
from snippets.architecture_patterns.pricing import Tier
from snippets.domain_driven_design.email_address import EmailAddress
from snippets.domain_driven_design.money import Money
from snippets.event_driven.outbox import OutboxRow
from snippets.event_driven.outbox_recorder import to_envelope
from snippets.event_driven.saga_store import SagaRow
from snippets.shop.application.order_queries import OrderQueries
from snippets.shop.application.unit_of_work import UnitOfWorkFactory
from snippets.shop.domain.customer import Customer
from snippets.shop.domain.product import Product
from snippets.shop.infrastructure.in_memory import (
    InMemoryOrderQueries,
    InMemoryUnitOfWork,
    Store,
)
from snippets.shop.infrastructure.postgres_order_queries import (
    PostgresOrderQueries,
)
from snippets.shop.infrastructure.postgres_unit_of_work import (
    PostgresUnitOfWork,
)
from snippets.shop.infrastructure.tables import (
    CustomerRow,
    ProductRow,
    StockRow,
    create_tables,
)
from snippets.shop.main import create_app
from snippets.shop.wiring import Settings
from tests.support.http import served

CUSTOMER = Customer(
    name="Ada Lovelace", email=EmailAddress("ada@example.com"), tier=Tier.GOLD
)
TEA = Product("TEA-1", "Green tea, 100 g", Money.of("4.90", "EUR"))
POT = Product("POT-1", "Tea pot, 1.2 l", Money.of("30.00", "EUR"))
ON_HAND = {TEA.sku: 10, POT.sku: 1}


async def add_key(request: httpx.Request) -> None:
    """What a client does with each new order."""
    if request.method == "POST":
        request.headers.setdefault("Idempotency-Key", str(uuid4()))


KEYED = {"request": [add_key]}
NO_CHECKS = """
do $$ declare name record; begin
    for name in select conrelid::regclass as home, conname from pg_constraint
        where contype = 'c' and connamespace = 'public'::regnamespace
    loop
        execute format(
            'alter table %s drop constraint %I', name.home, name.conname
        );
    end loop;
end $$
"""


@dataclass
class Storage:
    """One kind of storage behind the ports of the application."""

    unit_of_work: UnitOfWorkFactory
    queries: OrderQueries
    event_types: Callable[[], object]
    sagas: Callable[[], object]


@pytest.fixture
def provider() -> Iterator[PaymentProvider]:
    with payment_provider() as provider:
        yield provider


@pytest.fixture
def in_memory() -> Storage:
    store = Store(
        {CUSTOMER.id: CUSTOMER}, {TEA.sku: TEA, POT.sku: POT}, dict(ON_HAND)
    )

    async def event_types() -> list[str]:
        return [to_envelope(event).type for event in store.events]

    async def sagas() -> list[str]:
        return [saga.name for saga in store.sagas]

    return Storage(
        lambda: InMemoryUnitOfWork(store),
        InMemoryOrderQueries(store),
        event_types,
        sagas,
    )


@pytest.fixture
async def engine(asyncpg_url: str) -> AsyncIterator[AsyncEngine]:
    """The shop's tables with the customer and the products in them."""
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await create_tables(connection)
    async with AsyncSession(engine) as session, session.begin():
        session.add(
            CustomerRow(
                id=CUSTOMER.id,
                name=CUSTOMER.name,
                email=str(CUSTOMER.email),
                tier=CUSTOMER.tier,
            )
        )
        session.add_all(
            ProductRow(
                sku=product.sku,
                name=product.name,
                price=product.price.amount,
                currency=product.price.currency,
            )
            for product in (TEA, POT)
        )
        await session.flush()
        session.add_all(
            StockRow(sku=sku, on_hand=pieces) for sku, pieces in ON_HAND.items()
        )
    yield engine
    await engine.dispose()


@pytest.fixture
def postgres(engine: AsyncEngine) -> Storage:
    async def event_types() -> list[str]:
        async with AsyncSession(engine) as session:
            rows = await session.scalars(
                select(OutboxRow).order_by(OutboxRow.position)
            )
            return [row.event.type for row in rows]

    async def sagas() -> list[str]:
        async with AsyncSession(engine) as session:
            names = await session.scalars(
                select(SagaRow.name).order_by(SagaRow.due_at)
            )
            return list(names)

    return Storage(
        lambda: PostgresUnitOfWork(engine),
        PostgresOrderQueries(engine),
        event_types,
        sagas,
    )


@pytest.fixture(params=["in_memory", "postgres"])
def storage(request: pytest.FixtureRequest) -> Storage:
    return request.getfixturevalue(request.param)


@pytest.fixture
async def client(
    engine: AsyncEngine, postgres_url: str
) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks real HTTP to the whole service, on PostgreSQL."""
    app = create_app(Settings.of({"DATABASE_URL": postgres_url}))
    async with (
        served(app) as address,
        httpx.AsyncClient(
            base_url=address,
            headers={"Content-Type": "application/json"},
            event_hooks=KEYED,
        ) as client,
    ):
        yield client


@pytest.fixture
def an_order() -> Callable[..., dict[str, object]]:
    """``an_order(TEA_1=2)``, the body as a client sends it."""

    def make(**quantities: int) -> dict[str, object]:
        return {
            "customer_id": str(CUSTOMER.id),
            "lines": [
                {"sku": sku.replace("_", "-"), "quantity": quantity}
                for sku, quantity in quantities.items()
            ],
        }

    return make


@pytest.fixture
def older_tables(
    engine: AsyncEngine,
) -> Callable[..., Awaitable[None]]:
    """Tables of the days before they had checks."""

    async def older(*by_hand: str) -> None:
        async with engine.begin() as connection:
            await connection.execute(text(NO_CHECKS))
            for statement in by_hand:
                await connection.execute(text(statement))

    return older
