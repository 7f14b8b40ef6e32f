"""The whole storage in memory, for tests of use cases without a database.

It copies on the way in and out, as a database does, and keeps the same
contract as the adapters on PostgreSQL: one suite of tests runs on both.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from copy import copy, deepcopy
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self
from uuid import UUID

from snippets.api_design.keyed_request import (
    Answer,
    KeyedRequest,
    KeyReusedError,
    RequestInFlightError,
)
from snippets.architecture_patterns.order_repository import (
    OrderChangedError,
    OrderNotFoundError,
)
from snippets.domain_driven_design.domain_events import OrderEvent
from snippets.domain_driven_design.order import Order
from snippets.event_driven.saga import Saga

from ..application.order_queries import OrderDetails, OrderSummary
from ..domain.customer import Customer, UnknownCustomerError
from ..domain.product import Product, UnknownProductError
from ..domain.stock import NotStockedError, Reservation, StockItem

Key = tuple[str, str, str]  # caller, operation and key


@dataclass
class Store:
    """What was committed; ``lock`` is held by whoever locked stock.

    ``in_flight`` are the keys of requests that somebody is answering.
    """

    customers: dict[UUID, Customer] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    on_hand: dict[str, int] = field(default_factory=dict)
    reservations: dict[UUID, Reservation] = field(default_factory=dict)
    orders: dict[UUID, Order] = field(default_factory=dict)
    events: list[OrderEvent] = field(default_factory=list)
    sagas: list[Saga] = field(default_factory=list)
    answers: dict[Key, tuple[bytes, Answer]] = field(default_factory=dict)
    in_flight: set[Key] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class InMemoryCustomers:
    """Fits the port `Customers`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, customer_id: UUID) -> Customer:
        if customer_id not in self._store.customers:
            raise UnknownCustomerError(f"There is no customer {customer_id}")
        return copy(self._store.customers[customer_id])


class InMemoryProducts:
    """Fits the port `Products`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get_all(self, skus: Collection[str]) -> Mapping[str, Product]:
        if unknown := sorted(set(skus) - self._store.products.keys()):
            raise UnknownProductError(f"Not sold here: {', '.join(unknown)}")
        return {sku: self._store.products[sku] for sku in skus}


class InMemoryStock:
    """Fits the port `Stock`, with one lock for all of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_locked = False
        self.saved: dict[str, int] = {}
        self.reservations: dict[UUID, Reservation] = {}

    async def lock(self, skus: Collection[str]) -> Mapping[str, StockItem]:
        await self._lock()
        on_hand = self._store.on_hand | self.saved
        return {sku: StockItem(sku, on_hand.get(sku, 0)) for sku in skus}

    async def save(self, items: Iterable[StockItem]) -> None:
        for item in items:
            if item.sku not in self._store.on_hand and item.on_hand:
                raise NotStockedError(f"Nowhere to keep {item.sku}")
            self.saved[item.sku] = item.on_hand

    async def lock_reservation(self, order_id: UUID) -> Reservation:
        await self._lock()
        made = self._store.reservations | self.reservations
        return copy(made.get(order_id, Reservation(order_id)))

    async def save_reservation(self, reservation: Reservation) -> None:
        self.reservations[reservation.order_id] = copy(reservation)

    async def _lock(self) -> None:
        if not self.is_locked:
            await self._store.lock.acquire()
            self.is_locked = True


class InMemoryOrders:
    """Fits the port `Orders`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read: dict[UUID, Order | None] = {}
        self.stored: dict[UUID, Order] = {}
        self.events: list[OrderEvent] = []

    async def add(self, order: Order) -> None:
        self.read[order.id] = None
        await self.save(order)

    async def get(self, order_id: UUID) -> Order:
        if order_id in self.stored:
            return deepcopy(self.stored[order_id])
        if order_id not in self._store.orders:
            raise OrderNotFoundError(f"There is no order {order_id}")
        self.read[order_id] = self._store.orders[order_id]
        return deepcopy(self._store.orders[order_id])

    async def save(self, order: Order) -> None:
        self.events += order.pull_events()
        self.stored[order.id] = deepcopy(order)


class InMemorySagas:
    """Fits the port `Sagas`; nobody runs what is started."""

    def __init__(self) -> None:
        self.started: list[Saga] = []

    async def start(self, saga: Saga) -> None:
        self.started.append(saga)


class InMemoryAnswers:
    """Fits the port `Answers`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.held: set[Key] = set()
        self.added: dict[Key, tuple[bytes, Answer]] = {}

    async def find(self, request: KeyedRequest) -> Answer | None:
        key = (request.caller, request.operation, request.key)
        if key in self._store.in_flight - self.held:
            raise RequestInFlightError("The first request has not ended yet")
        self._store.in_flight.add(key)
        self.held.add(key)
        if key not in self._store.answers:
            return None
        fingerprint, answer = self._store.answers[key]
        if fingerprint != request.fingerprint:
            raise KeyReusedError("This key belongs to another request")
        return replace(answer, replayed=True)

    async def add(self, request: KeyedRequest, answer: Answer) -> None:
        key = (request.caller, request.operation, request.key)
        self.added[key] = (request.fingerprint, answer)


class InMemoryUnitOfWork:
    """Fits the port `UnitOfWork`; all those made with one store share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.customers = InMemoryCustomers(store)
        self.products = InMemoryProducts(store)
        self.stock = InMemoryStock(store)
        self.orders = InMemoryOrders(store)
        self.sagas = InMemorySagas()
        self.answers = InMemoryAnswers(store)

    async def __aenter__(self) -> Self:
        return self

    async def commit(self) -> None:
        for order_id in self.orders.stored:
            now = self._store.orders.get(order_id)
            if now is not self.orders.read[order_id]:
                raise OrderChangedError(f"Order {order_id} changed meanwhile")
        self._store.orders |= self.orders.stored
        self._store.on_hand |= self.stock.saved
        self._store.reservations |= self.stock.reservations
        self._store.events += self.orders.events
        self._store.sagas += self.sagas.started
        self._store.answers |= self.answers.added

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._store.in_flight -= self.answers.held
        if self.stock.is_locked:
            self._store.lock.release()


class InMemoryOrderQueries:
    """Fits the port `OrderQueries`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def details(self, order_id: UUID) -> OrderDetails:
        if order_id not in self._store.orders:
            raise OrderNotFoundError(f"There is no order {order_id}")
        return OrderDetails.of(self._store.orders[order_id])

    async def summaries(
        self,
        *,
        customer_id: UUID | None = None,
        after: UUID | None = None,
        limit: int = 20,
    ) -> list[OrderSummary]:
        found = [
            OrderSummary(
                order.id,
                order.customer_id,
                order.status,
                sum(line.quantity for line in order.lines),
                order.total,
            )
            for order in self._store.orders.values()
            if customer_id in (None, order.customer_id)
            and (after is None or order.id > after)
        ]
        return sorted(found, key=lambda order: order.id)[:limit]
