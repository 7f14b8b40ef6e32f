"""Broken: what is not understood counts as the most likely thing."""

import json
from datetime import UTC, datetime

from .anti_corruption_layer import (
    CARRIER_TIME,
    STATUS_BY_CODE,
    ShipmentStatus,
    ShipmentUpdate,
)


def translate(message: bytes) -> ShipmentUpdate:
    theirs = json.loads(message)
    status = STATUS_BY_CODE.get(theirs["code"], ShipmentStatus.IN_TRANSIT)
    local = datetime.strptime(theirs["zeit"], "%d.%m.%Y %H:%M")
    at = local.replace(tzinfo=CARRIER_TIME).astimezone(UTC)
    return ShipmentUpdate(theirs["sendungsnr"], status, at)
