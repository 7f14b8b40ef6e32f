"""Cancellation: a worker survives a failed payment and dies when told to."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from .errors import ShopError

T = TypeVar("T")
Charge = Callable[[str], Awaitable[None]]
logger = logging.getLogger(__name__)


class CutOffError(Exception):
    """What was awaited was cancelled, and whoever awaited it was not."""


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
        except CutOffError:
            logger.exception("Payment %s was cut off", payment_id)


async def apart(work: Awaitable[T]) -> T:
    """Await ``work`` in a task of its own: no cancellation is lost or mixed up.

    Each of the caller's is passed on, and raised when ``work`` has ended; what
    else ``work`` raised is logged.

    Raises:
        CutOffError: ``work`` was cancelled otherwise.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
            task.cancel()
    if cancelled:
        if not task.cancelled() and (failure := task.exception()):
            logger.error("It failed, and was cancelled", exc_info=failure)
        raise cancelled
    try:
        return task.result()
    except asyncio.CancelledError as error:
        raise CutOffError(*error.args) from error
