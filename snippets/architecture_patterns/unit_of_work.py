"""The port for one operation's changes: all of them or none.

async with unit_of_work() as work:
    order = await work.orders.get(order_id)
    order.cancel("by its customer")
    await work.orders.save(order)
    await work.commit()
"""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from .order_repository import OrderRepository


class UnitOfWork(Protocol):
    """One operation: entered once, committed at most once.

    Leaving the block without `commit`, by whatever way, changes nothing. To
    try again, get or make the order anew: the one that was stored here has
    given its events away.
    """

    @property
    def orders(self) -> OrderRepository: ...

    async def commit(self) -> None:
        """Keep all changes and the events of all stored orders, or raise.

        What loses its connection or is cancelled here may have been kept.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


UnitOfWorkFactory = Callable[[], UnitOfWork]
