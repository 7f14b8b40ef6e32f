"""The port for stored orders: whole aggregates in, whole aggregates out.

It offers what the use cases ask for, in their words. There is no `list`, no
`delete` and no query object, because no use case needs one.
"""

from typing import Protocol
from uuid import UUID

from ..code_style.errors import ConflictError, NotFoundError
from ..domain_driven_design.order import Order


class OrderNotFoundError(NotFoundError):
    """No order has this id."""


class DuplicateOrderError(ConflictError):
    """An order with this id is stored already."""


class OrderChangedError(ConflictError):
    """Somebody else saved the order since this operation got it."""

    code = "order-changed"


class OrderRepository(Protocol):
    """Orders as if they were all in memory, except for `save`.

    An order is a copy: changes reach the store by `save` and no other way.
    """

    async def add(self, order: Order) -> None:
        """Store a new order.

        Raises:
            DuplicateOrderError: its id is taken; this operation is over and
                commits nothing, not even what came before.
        """
        ...

    async def get(self, order_id: UUID) -> Order:
        """The order with all its lines.

        Raises:
            OrderNotFoundError: there is none.
        """
        ...

    async def save(self, order: Order) -> None:
        """Store the changes of an order got before.

        Raises:
            OrderNotFoundError: it was never added.
            OrderChangedError: here, or when the unit of work commits.
        """
        ...

    async def open_orders_of(self, customer_id: UUID) -> list[Order]:
        """The customer's orders that are not cancelled, by id."""
        ...
