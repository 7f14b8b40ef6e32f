"""TaskGroup: the steps run together, and no error is left behind."""

import asyncio
from collections.abc import Callable, Coroutine

Step = Callable[[str], Coroutine[None, None, None]]


async def fulfil(
    order_id: str, book_shipment: Step, write_invoice: Step
) -> None:
    """Return when both are done. If one fails, the other is cancelled.

    Raises:
        ExceptionGroup: what failed, be it one error or two.
    """
    async with asyncio.TaskGroup() as group:
        group.create_task(book_shipment(order_id))
        group.create_task(write_invoice(order_id))
