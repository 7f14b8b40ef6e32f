"""Cancellation: a worker survives a failed payment and dies when told to."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from .errors import ShopError
from .own_cancellation import StrayCancellationError, apart

Charge = Callable[[str], Awaitable[None]]
logger = logging.getLogger(__name__)


async def charge_payments(
    payments: asyncio.Queue[str | None], charge: Charge
) -> None:
    """Charge one payment after the other until None comes, or until cancelled.

    An error of the shop's costs one payment, and so does the cancellation of
    something that `charge` waited for. The worker's own ends the worker,
    whatever becomes of the payment.
    """
    while (payment_id := await payments.get()) is not None:
        try:
            await apart(charge(payment_id))
        except ShopError:
            logger.exception("Payment %s was not charged", payment_id)
        except StrayCancellationError:
            logger.exception("Payment %s was cut off", payment_id)
