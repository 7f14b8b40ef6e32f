"""Anti-corruption layer: a carrier's words become ours, or are refused.

The only module that knows the carrier's format: its codes, its grams in a
string, its local time without an offset. What comes out is our model.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
)

CARRIER_TIME = ZoneInfo("Europe/Berlin")
MINUTE = r"^[0-9]{2}\.[0-9]{2}\.[0-9]{4} [0-9]{2}:[0-9]{2}$"


class ShipmentStatus(StrEnum):
    """What the shop says about a parcel."""

    IN_TRANSIT = "in transit"
    DELIVERED = "delivered"
    RETURNED = "returned"


STATUS_BY_CODE = {
    "PU": ShipmentStatus.IN_TRANSIT,
    "AR": ShipmentStatus.IN_TRANSIT,
    "OK": ShipmentStatus.DELIVERED,
    "RT": ShipmentStatus.RETURNED,
}


@dataclass(frozen=True, slots=True)
class ShipmentUpdate:
    """Our side: what happened to a parcel, and when (UTC)."""

    tracking_number: str
    status: ShipmentStatus
    at: datetime


class UnintelligibleMessageError(Exception):
    """The carrier said something new: keep the message and look at it."""


class _CarrierMessage(BaseModel):
    """Their side; fields we do not use may come and go."""

    model_config = ConfigDict(extra="ignore", strict=True)

    sendungsnr: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,35}$")]
    code: str
    zeit: Annotated[str, StringConstraints(pattern=MINUTE)]


def translate(message: bytes) -> ShipmentUpdate:
    """Turn a carrier's JSON message into an update of our shipment.

    In the hour that autumn repeats, the earlier instant is taken.

    Raises:
        UnintelligibleMessageError: not their format, or an unknown code.
    """
    try:
        theirs = _CarrierMessage.model_validate_json(message)
        local = datetime.strptime(theirs.zeit, "%d.%m.%Y %H:%M")  # noqa: DTZ007 - the zone follows
        at = local.replace(tzinfo=CARRIER_TIME).astimezone(UTC)
        status = STATUS_BY_CODE[theirs.code]
    except (ValidationError, ValueError, OverflowError, KeyError) as error:
        raise UnintelligibleMessageError(repr(message[:200])) from error
    return ShipmentUpdate(theirs.sendungsnr, status, at)
