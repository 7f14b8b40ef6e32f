"""The release before: it knows `zip`, and of `postal_code` nothing."""

from uuid import UUID

from sqlalchemy import BigInteger, Identity
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class OldBase(DeclarativeBase):
    """The models as they were."""


class OldDeliveryAddressRow(OldBase):
    """An address, as it was mapped."""

    __tablename__ = "delivery_addresses"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[UUID]
    label: Mapped[str]
    recipient: Mapped[str]
    zip: Mapped[str]
