"""Routes that hold a connection wait for nothing but the database.

They are coroutines, so no request needs a thread. One that waits for a
connection holds nothing that another needs to give its own back.
"""

from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from ..architecture_patterns.request_session import RequestSession
from .models import BuyerRow, InvoiceRow, InvoiceStatus


async def buyer_of_request(
    session: RequestSession, x_buyer: Annotated[str, Header()]
) -> BuyerRow:
    """Who asks, in place of an authentication: it queries, as they do."""
    query = select(BuyerRow).where(BuyerRow.email == x_buyer)
    if (buyer := await session.scalar(query)) is None:
        raise HTTPException(401)
    return buyer


async def amount_due(
    session: RequestSession,
    buyer: Annotated[BuyerRow, Depends(buyer_of_request)],
) -> dict[str, Decimal]:
    """By currency, on the connection that the dependency has used."""
    query = (
        select(InvoiceRow.currency, func.sum(InvoiceRow.total))
        .where(InvoiceRow.buyer_id == buyer.id)
        .where(InvoiceRow.status == InvoiceStatus.OPEN)
        .group_by(InvoiceRow.currency)
    )
    return dict((await session.execute(query)).all())


def invoice_app(engine: AsyncEngine) -> FastAPI:
    """The service on an engine, which the caller disposes of."""
    app = FastAPI()
    app.state.engine = engine
    app.get("/amount-due")(amount_due)
    return app
