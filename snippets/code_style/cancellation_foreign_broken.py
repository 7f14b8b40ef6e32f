"""Broken: takes each CancelledError for its own, also that of a closed pool."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from .errors import ShopError

Charge = Callable[[str], Awaitable[None]]
logger = logging.getLogger(__name__)


async def charge_payments(
    payments: asyncio.Queue[str | None], charge: Charge
) -> None:
    while (payment_id := await payments.get()) is not None:
        try:
            await charge(payment_id)
        except ShopError:
            logger.exception("Payment %s was not charged", payment_id)
