"""Broken: `return_exceptions=True` returns the error, and nobody looks."""

import asyncio
from collections.abc import Callable, Coroutine

Step = Callable[[str], Coroutine[None, None, None]]


async def fulfil(
    order_id: str, book_shipment: Step, write_invoice: Step
) -> None:
    await asyncio.gather(
        book_shipment(order_id),
        write_invoice(order_id),
        return_exceptions=True,
    )
