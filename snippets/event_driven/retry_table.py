"""The table behind `retry` and `replay`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from ..domain_driven_design.persistence import Base
from .event_envelope import EventEnvelope


class RetryRow(Base):
    """An event that a consumer could not handle; ``dead_at``: will not."""

    __tablename__ = "retry"

    position: Mapped[int] = mapped_column(
        BigInteger, Identity(always=True), primary_key=True
    )
    consumer: Mapped[str]
    event_id: Mapped[UUID]
    subject: Mapped[str]
    envelope: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    next_attempt_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    dead_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("consumer", "event_id"),)

    @property
    def event(self) -> EventEnvelope:
        return EventEnvelope.from_json(self.envelope.encode())
