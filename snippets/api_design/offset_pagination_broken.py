"""Broken: copies a list by page numbers, while the list grows."""

from collections.abc import AsyncIterator
from typing import Any

import httpx


async def every_invoice(
    client: httpx.AsyncClient, limit: int = 100
) -> AsyncIterator[dict[str, Any]]:
    query = {"page": 1, "per_page": limit}
    while True:
        response = await client.get("/invoices/pages", params=query)
        page = response.raise_for_status().json()
        if not page["items"]:
            return
        for invoice in page["items"]:
            yield invoice
        query["page"] += 1
