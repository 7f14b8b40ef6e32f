"""Where parcels go: the table of which the migrations are the history."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Enum, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from ..domain_driven_design.persistence import Base


class AddressKind(StrEnum):
    """Where the parcel is handed over."""

    HOME = "home"
    PICKUP_POINT = "pickup_point"


class DeliveryAddressRow(Base):
    """An address under the name that its customer gave it."""

    __tablename__ = "delivery_addresses"
    __table_args__ = (
        CheckConstraint("recipient <> ''", "ck_delivery_addresses_recipient"),
        Index(
            "uq_delivery_addresses_label", "customer_id", "label", unique=True
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[UUID]
    label: Mapped[str]
    recipient: Mapped[str]
    kind: Mapped[AddressKind] = mapped_column(
        Enum(
            AddressKind,
            name="address_kind",
            values_callable=lambda kinds: [kind.value for kind in kinds],
        ),
        server_default=AddressKind.HOME.value,
    )
    country: Mapped[str] = mapped_column(server_default="DE")
    postal_code: Mapped[str]
