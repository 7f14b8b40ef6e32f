"""A client that reads a whole list, page by page."""

from collections.abc import AsyncIterator
from typing import Any

import httpx


async def every_invoice(
    client: httpx.AsyncClient, limit: int = 100
) -> AsyncIterator[dict[str, Any]]:
    """Each invoice once, the newest first, and none that comes meanwhile.

    Raises:
        httpx.HTTPError: no answer, or an error; those so far were right.
    """
    query: dict[str, str | int] = {"limit": limit}
    while True:
        response = await client.get("/invoices", params=query)
        page = response.raise_for_status().json()
        for invoice in page["items"]:
            yield invoice
        if page["next"] is None:
            return
        query["cursor"] = page["next"]
