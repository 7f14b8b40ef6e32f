"""An aggregate through a unit of work, against rows in a plain session."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import selectinload

from snippets.architecture_patterns.event_recorder import unrecorded
from snippets.architecture_patterns.postgres_unit_of_work import (
    PostgresUnitOfWork,
)
from snippets.architecture_patterns.tables import OrderLineRow, OrderRow
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order import Order
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus
from tests.bench.bench import Bench, Task
from tests.bench.database import tables

ORDERS = 20
SKUS = ("CUP", "POT", "TEA")
PRICE = Money.of("4.90", "EUR")
CUSTOMER = UUID(int=1)
OneOrder = Callable[[AsyncEngine, UUID], Awaitable[None]]


@asynccontextmanager
async def tasks(url: str, scale: float) -> AsyncIterator[list[Task]]:
    async with tables(url, OrderRow, OrderLineRow) as engine:
        ids = [uuid4() for _ in range(max(1, int(ORDERS * scale)))]

        async def each(do: OneOrder) -> None:
            for order_id in ids:
                await do(engine, order_id)

        async def stored() -> None:
            await empty(engine)
            await each(store_rows)

        yield [
            Task(
                "store an order",
                {
                    "unit of work": partial(each, store),
                    "plain session": partial(each, store_rows),
                },
                units=len(ids),
                before=partial(empty, engine),
                outcome=partial(statuses, engine),
            ),
            Task(
                "read and cancel one",
                {
                    "unit of work": partial(each, cancel),
                    "plain session": partial(each, cancel_row),
                },
                units=len(ids),
                before=stored,
                outcome=partial(statuses, engine),
            ),
        ]


async def store(engine: AsyncEngine, order_id: UUID) -> None:
    order = Order(id=order_id, customer_id=CUSTOMER, currency=PRICE.currency)
    for sku in SKUS:
        order.add_line(OrderLine(sku, 2, PRICE))
    order.confirm()
    async with PostgresUnitOfWork(engine, unrecorded) as work:
        await work.orders.add(order)
        await work.commit()


async def store_rows(engine: AsyncEngine, order_id: UUID) -> None:
    lines = [
        OrderLineRow(
            position=position, sku=sku, quantity=2, unit_price=PRICE.amount
        )
        for position, sku in enumerate(SKUS)
    ]
    async with AsyncSession(engine) as session, session.begin():
        session.add(
            OrderRow(
                id=order_id,
                customer_id=CUSTOMER,
                currency=PRICE.currency,
                status=OrderStatus.CONFIRMED,
                lines=lines,
            )
        )


async def cancel(engine: AsyncEngine, order_id: UUID) -> None:
    async with PostgresUnitOfWork(engine, unrecorded) as work:
        order = await work.orders.get(order_id)
        order.cancel("by its customer")
        await work.orders.save(order)
        await work.commit()


async def cancel_row(engine: AsyncEngine, order_id: UUID) -> None:
    async with AsyncSession(engine) as session, session.begin():
        row = await session.get_one(
            OrderRow, order_id, options=[selectinload(OrderRow.lines)]
        )
        row.status = OrderStatus.CANCELLED


async def empty(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("truncate orders, order_lines"))


async def statuses(engine: AsyncEngine) -> object:
    """What is stored: how many orders of each status and version."""
    lines = (
        select(func.count())
        .where(OrderLineRow.order_id == OrderRow.id)
        .scalar_subquery()
    )
    query = select(
        OrderRow.status, OrderRow.version, func.count(), func.sum(lines)
    ).group_by(OrderRow.status, OrderRow.version)
    async with engine.connect() as connection:
        return (await connection.execute(query)).all()


BENCH = Bench(
    title="What a unit of work costs",
    what=(
        f"Orders of {len(SKUS)} lines, each in a transaction of its own: as "
        "an aggregate through repository and unit of work, or as rows."
    ),
    baseline="plain session",
    tasks=tasks,
)
