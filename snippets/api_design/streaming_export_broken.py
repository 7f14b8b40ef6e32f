"""Broken: streams from the request's session, which ends with the client."""

import csv
from collections.abc import AsyncIterator
from io import StringIO
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from ..database_patterns.models import InvoiceRow

COLUMNS = ("id", "buyer", "status", "total", "currency", "issued_at")

invoice_export = APIRouter(tags=["invoices"])


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine) as session:
        yield session


@invoice_export.get("/invoices.csv", response_class=StreamingResponse)
async def export_invoices(
    session: Annotated[AsyncSession, Depends(get_session)],
) -> StreamingResponse:
    async def chunks() -> AsyncIterator[str]:
        yield ",".join(COLUMNS) + "\r\n"
        rows = await session.stream_scalars(
            select(InvoiceRow)
            .options(joinedload(InvoiceRow.buyer))
            .order_by(InvoiceRow.issued_at.desc(), InvoiceRow.id.desc())
        )
        async for row in rows:
            line = StringIO(newline="")
            csv.writer(line).writerow(
                [
                    row.id,
                    row.buyer.name,
                    row.status.value,
                    row.total,
                    row.currency,
                    row.issued_at.isoformat(),
                ]
            )
            yield line.getvalue()

    return StreamingResponse(chunks(), media_type="text/csv; charset=utf-8")
