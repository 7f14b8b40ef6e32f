"""Ports: one operation's changes, and what it reads and stores.

All repositories of one unit of work share its transaction. Each has what the
use cases ask for and nothing else.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from snippets.domain_driven_design.order import Order

from ..domain.customer import Customer
from ..domain.product import Product
from ..domain.stock import StockItem


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
    """What is on hand. A product that was never stocked has no pieces."""

    async def lock(self, skus: Collection[str]) -> Mapping[str, StockItem]:
        """By SKU; another unit of work that locks one of them now waits
        until this one has ended, then sees what it left.
        """
        ...

    async def save(self, items: Iterable[StockItem]) -> None:
        """Store items that were locked before."""
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
