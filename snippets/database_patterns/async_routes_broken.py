"""Broken: a request keeps its connection while it waits for a thread."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from .models import BuyerRow, InvoiceRow, InvoiceStatus


def get_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        yield session


RequestSession = Annotated[Session, Depends(get_session)]


def buyer_of_request(
    session: RequestSession, x_buyer: Annotated[str, Header()]
) -> BuyerRow:
    query = select(BuyerRow).where(BuyerRow.email == x_buyer)
    if (buyer := session.scalar(query)) is None:
        raise HTTPException(401)
    return buyer


def amount_due(
    session: RequestSession,
    buyer: Annotated[BuyerRow, Depends(buyer_of_request)],
) -> dict[str, Decimal]:
    query = (
        select(InvoiceRow.currency, func.sum(InvoiceRow.total))
        .where(InvoiceRow.buyer_id == buyer.id)
        .where(InvoiceRow.status == InvoiceStatus.OPEN)
        .group_by(InvoiceRow.currency)
    )
    return {currency: total for currency, total in session.execute(query)}


def invoice_app(engine: Engine) -> FastAPI:
    app = FastAPI()
    app.state.engine = engine
    app.get("/amount-due")(amount_due)
    return app
