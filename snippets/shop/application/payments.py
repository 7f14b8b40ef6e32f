"""Port: the payment provider, which is somebody else's service."""

from typing import Protocol
from uuid import UUID

from snippets.domain_driven_design.money import Money


class Payments(Protocol):
    """Each call may be repeated, and has its effect once for each order.

    An error that is none of those named leaves open whether it had it.
    """

    async def charge(self, order_id: UUID, amount: Money) -> None:
        """Take the money for this order.

        Raises:
            RefusedError: a definite no, now and whenever it is repeated.
        """
        ...

    async def refund(self, order_id: UUID) -> None:
        """Give back in full what this order was charged."""
        ...
