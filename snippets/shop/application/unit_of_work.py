"""Ports: one operation's changes, and what it reads and stores.

All repositories of one unit of work share its transaction. Each has what the
use cases ask for and nothing else.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from snippets.api_design.keyed_request import Answers
from snippets.domain_driven_design.order import Order
from snippets.event_driven.saga import Saga

from ..domain.customer import Customer
from ..domain.product import Product
from ..domain.stock import Reservation, StockItem


class Customers(Protocol):
    """Who may order."""

    async def get(self, customer_id: UUID) -> Customer:
        """Raises UnknownCustomerError if there is none."""
        ...


class Products(Protocol):
    """What is sold."""

    async def get_all(self, skus: Collection[str]) -> Mapping[str, Product]:
        """By SKU. Raises UnknownProductError if one is not sold."""
        ...


class Stock(Protocol):
    """What is on hand, and what orders have reserved of it.

    A product that was never stocked has no pieces. What is locked, another
    unit of work that locks it waits for, until this one has ended; then it
    sees what this one left. Lock a reservation before the items.
    """

    async def lock(self, skus: Collection[str]) -> Mapping[str, StockItem]:
        """By SKU."""
        ...

    async def save(self, items: Iterable[StockItem]) -> None:
        """Store items that were locked before.

        Raises:
            NotStockedError: one with pieces was never stocked.
        """
        ...

    async def lock_reservation(self, order_id: UUID) -> Reservation:
        """That of this order, open if it has had none."""
        ...

    async def save_reservation(self, reservation: Reservation) -> None:
        """Store one that was locked before; it stays for ever."""
        ...


class Orders(Protocol):
    """Placed orders. Their lines are agreed: only the status changes."""

    async def add(self, order: Order) -> None:
        """Store a new order."""
        ...

    async def get(self, order_id: UUID) -> Order:
        """Raises OrderNotFoundError if there is none."""
        ...

    async def save(self, order: Order) -> None:
        """Store the status of an order got before.

        Raises:
            OrderChangedError: somebody else saved it since; raised here, or
                when the unit of work commits.
        """
        ...


class Sagas(Protocol):
    """What is to happen afterwards, across several transactions."""

    async def start(self, saga: Saga) -> None:
        """It begins if this unit of work commits, and only then."""
        ...


class UnitOfWork(Protocol):
    """Entered once, committed at most once; left without, nothing changed."""

    @property
    def customers(self) -> Customers: ...

    @property
    def products(self) -> Products: ...

    @property
    def stock(self) -> Stock: ...

    @property
    def orders(self) -> Orders: ...

    @property
    def sagas(self) -> Sagas: ...

    @property
    def answers(self) -> Answers: ...

    async def commit(self) -> None:
        """Keep all changes and the events of all stored orders, or raise."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


UnitOfWorkFactory = Callable[[], UnitOfWork]
