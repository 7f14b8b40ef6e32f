"""The shop's use case, against the SQL that it sends and nothing around it.

One order is placed and its statements are noted. They are then sent again for
other orders, by asyncpg alone and through SQLAlchemy: the same SQL, whatever
becomes of the shop.
"""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
)
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from random import getrandbits
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from snippets.api_design.keyed_request import Answer, KeyedRequest
from snippets.architecture_patterns.database_url import asyncpg_engine
from snippets.architecture_patterns.read_committed import READ_COMMITTED
from snippets.shop.application.order_queries import OrderDetails
from snippets.shop.application.place_order import Item, NewOrder, PlaceOrder
from snippets.shop.domain.pricing import Pricing
from snippets.shop.infrastructure.demo_data import (
    DEMO_CUSTOMER_ID,
    insert_demo_data,
)
from snippets.shop.infrastructure.tables import create_tables
from snippets.shop.main import TIER_DISCOUNTS
from snippets.shop.wiring import units_of_work
from tests.bench.bench import Bench, Task

TABLES = ("orders", "order_lines", "sagas", "idempotency_keys")
ORDERS = 50
CLIENTS = (1, 10)
BEYOND_INTEGER = 2**31  # only the lock's number is
NEW = NewOrder(DEMO_CUSTOMER_ID, [Item("TEA-1", 2), Item("POT-1", 1)])


@dataclass(frozen=True)
class Names:
    """What tells one order from another: its id, and its request's key."""

    order_id: UUID = field(default_factory=uuid4)
    key: str = field(default_factory=lambda: uuid4().hex)
    lock: int = field(default_factory=lambda: getrandbits(62) | BEYOND_INTEGER)

    def instead_of(self, old: "Names", value: Any) -> Any:
        match value:
            case UUID():
                return self.order_id if value == old.order_id else value
            case str():
                text = value.replace(str(old.order_id), str(self.order_id))
                return text.replace(old.key, self.key)
            case bytes():
                return self.instead_of(old, value.decode()).encode()
            case int() if abs(value) >= BEYOND_INTEGER:
                return self.lock
        return value


@dataclass(frozen=True)
class Statement:
    """What the shop sent for one order."""

    sql: str
    parameters: Any
    is_many: bool

    def of(self, old: Names, new: Names) -> Any:
        """The parameters for another order."""
        if self.is_many:
            return [renamed(each, old, new) for each in self.parameters]
        return renamed(self.parameters, old, new)


@asynccontextmanager
async def tasks(url: str, scale: float) -> AsyncIterator[list[Task]]:
    engine = asyncpg_engine(url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        async with engine.begin() as connection:
            await create_tables(connection)
            await insert_demo_data(connection)
        place_order = PlaceOrder(units_of_work(engine), Pricing(TIER_DISCOUNTS))

        async def place_one() -> Names:
            key = uuid4().hex
            request = KeyedRequest("Ada", "POST /orders", key, b"")
            answer = await place_order(NEW, request, to_answer)
            return Names(UUID(answer.body.decode()), key)

        with noted(engine) as sent:
            placed = await place_one()
        connections = [
            await stack.enter_async_context(connected(url))
            for _ in range(max(CLIENTS))
        ]
        orders = max(1, int(ORDERS * scale / max(CLIENTS)))  # of a client

        async def shop(_: int) -> None:
            await place_one()

        async def sqlalchemy(_: int) -> None:
            await through_sqlalchemy(engine, sent, placed)

        async def bare(client: int) -> None:
            await through_asyncpg(connections[client], sent, placed)

        yield [
            Task(
                f"{clients} at a time",
                {
                    "bare asyncpg": partial(in_turn, bare, clients, each),
                    "same SQL by SQLAlchemy": partial(
                        in_turn, sqlalchemy, clients, each
                    ),
                    "the shop": partial(in_turn, shop, clients, each),
                },
                units=clients * each,
                before=partial(empty, engine),
                outcome=partial(rows, engine),
            )
            for clients in CLIENTS
            for each in [orders * max(CLIENTS) // clients]
        ]


async def in_turn(
    place: Callable[[int], Awaitable[None]], clients: int, orders: int
) -> None:
    """So many clients at once, of whom each places so many orders."""

    async def client(number: int) -> None:
        for _ in range(orders):
            await place(number)

    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(number))


async def through_asyncpg(
    connection: asyncpg.Connection, sent: list[Statement], placed: Names
) -> None:
    new = Names()
    async with connection.transaction(isolation="read_committed"):
        for statement in sent:
            parameters = statement.of(placed, new)
            if statement.is_many:
                await connection.executemany(statement.sql, parameters)
            else:
                await connection.fetch(statement.sql, *parameters)


async def through_sqlalchemy(
    engine: AsyncEngine, sent: list[Statement], placed: Names
) -> None:
    new = Names()
    async with engine.connect() as connection:
        await connection.execution_options(**READ_COMMITTED)
        async with connection.begin():
            for statement in sent:
                await connection.exec_driver_sql(
                    statement.sql, statement.of(placed, new)
                )


@contextmanager
def noted(engine: AsyncEngine) -> Iterator[list[Statement]]:
    """What is sent through the engine while the block runs."""
    sent: list[Statement] = []

    def note(_c, _cursor, sql, parameters, _context, is_many):
        sent.append(Statement(sql, parameters, is_many))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


def renamed(
    parameters: Iterable[Any], old: Names, new: Names
) -> tuple[Any, ...]:
    return tuple(new.instead_of(old, value) for value in parameters)


def to_answer(order: OrderDetails) -> Answer:
    return Answer(201, {}, str(order.id).encode())


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def empty(engine: AsyncEngine) -> None:
    tables = ", ".join(TABLES)
    async with engine.begin() as connection:
        await connection.execute(text(f"truncate {tables}, reservations"))


async def rows(engine: AsyncEngine) -> list[int]:
    """How many rows there are in each table that an order goes to."""
    async with engine.connect() as connection:
        counts = [
            await connection.execute(text(f"select count(*) from {table}"))
            for table in TABLES
        ]
        return [count.scalar_one() for count in counts]


BENCH = Bench(
    title="Orders that the shop places in a second",
    what=(
        "The use case PlaceOrder with its unit of work, two lines an order, in "
        "one process without HTTP; beside it, the SQL that it sends."
    ),
    baseline="bare asyncpg",
    tasks=tasks,
    per_second="orders",
    parts={
        "/tests/bench/": "use case, domain and adapters",
        "/snippets/": "use case, domain and adapters",
        "/email_validator/": "use case, domain and adapters",
        "/sqlalchemy/orm/": "SQLAlchemy: the session",
        "/sqlalchemy/ext/asyncio/session": "SQLAlchemy: the session",
        "/sqlalchemy/sql/": "SQLAlchemy: building statements",
        "/sqlalchemy/": "SQLAlchemy: sending them and reading rows",
        "/greenlet/": "SQLAlchemy: sending them and reading rows",
        "/asyncpg/": "asyncpg",
    },
)
