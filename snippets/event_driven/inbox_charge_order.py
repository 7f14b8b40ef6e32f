"""An effect worth having once: the customer is charged."""

from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .event_envelope import EventEnvelope
from .persistence import Base


class PaymentRow(Base):
    """One charge to a customer's account with the shop."""

    __tablename__ = "payments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    order_id: Mapped[UUID]
    cents: Mapped[int]


async def charge_order(session: AsyncSession, event: EventEnvelope) -> None:
    """Charge what ``order.placed`` says. The caller commits."""
    session.add(
        PaymentRow(
            order_id=UUID(event.data["order_id"]),
            cents=event.data["total_cents"],
        )
    )
