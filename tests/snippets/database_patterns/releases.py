"""The two releases of the lab, for uvicorn's ``--factory``."""

import os

from fastapi import FastAPI

from snippets.database_patterns.delivery_addresses import DeliveryAddressRow
from snippets.database_patterns.zero_downtime_lab import address_service
from tests.snippets.database_patterns.old_release import OldDeliveryAddressRow


def old() -> FastAPI:
    return address_service(
        os.environ["DATABASE_URL"], OldDeliveryAddressRow, "zip"
    )


def new() -> FastAPI:
    return address_service(
        os.environ["DATABASE_URL"], DeliveryAddressRow, "postal_code"
    )
