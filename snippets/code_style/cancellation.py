"""Cancellation: a worker survives a failed payment and dies when told to."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from .errors import ShopError

Charge = Callable[[str], Awaitable[None]]
logger = logging.getLogger(__name__)


async def charge_payments(
    payments: asyncio.Queue[str | None], charge: Charge
) -> None:
    """Charge one payment after the other until None comes, or until cancelled.

    An error of the shop's costs one payment. `CancelledError` is none: it is a
    BaseException, so it ends the worker where it waits. If nobody cancelled
    the worker, it is of something that `charge` waited for: that costs one
    payment too.
    """
    requests = cancellations()
    while (payment_id := await payments.get()) is not None:
        try:
            await charge(payment_id)
        except ShopError:
            logger.exception("Payment %s was not charged", payment_id)
        except asyncio.CancelledError:
            if cancellations() > requests:
                raise
            logger.exception("Payment %s was cut off", payment_id)


def cancellations() -> int:
    """How often this task was told to stop."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0
