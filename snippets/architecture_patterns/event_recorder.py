"""The port for events: stored in the transaction of what they tell of.

An event that is stored with its order is exactly as durable. The outbox of
Event-driven architecture is an adapter.
"""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from ..domain_driven_design.domain_events import OrderEvent


class EventRecorder(Protocol):
    """What the unit of work calls before it commits."""

    async def __call__(
        self, session: AsyncSession, events: Sequence[OrderEvent]
    ) -> None:
        """Store ``events``, oldest first, and commit nothing.

        What this raises undoes the whole unit.
        """
        ...


async def unrecorded(
    session: AsyncSession, events: Sequence[OrderEvent]
) -> None:
    """For a service of whose events nobody has to hear."""
