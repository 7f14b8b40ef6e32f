"""An effect worth having once: the customer is charged."""

from uuid import UUID, uuid4

from sqlalchemy import BigInteger
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..domain_driven_design.persistence import Base
from .event_envelope import EventEnvelope


class PaymentRow(Base):
    """One charge to a customer's account with the shop."""

    __tablename__ = "payments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    order_id: Mapped[UUID]
    cents: Mapped[int] = mapped_column(BigInteger)


async def charge_order(session: AsyncSession, event: EventEnvelope) -> None:
    """Charge what ``order.placed`` says. The caller commits.

    Raises:
        ValueError: it says no amount, such as -980, "980" or true.
    """
    cents = event.data["total_cents"]
    if type(cents) is not int or not 0 <= cents < 2**63:
        raise ValueError(f"Not an amount of cents: {cents!r}")
    session.add(PaymentRow(order_id=UUID(event.data["order_id"]), cents=cents))
