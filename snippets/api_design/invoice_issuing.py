"""POST /invoices: a client that lost the answer may send it again."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from ..architecture_patterns.request_session import RequestSession
from ..code_style.errors import DomainError
from ..database_patterns.models import BuyerRow, InvoiceRow
from .field_types import Amount, RequestModel
from .idempotency_header import keyed_request, to_response
from .idempotency_key import PostgresAnswers
from .keyed_request import Answer, KeyedRequest, once


class UnknownBuyerError(DomainError):
    """Nobody to bill has this id."""

    code = "unknown-buyer"


class NewInvoice(RequestModel):
    """Who is to pay what."""

    buyer_id: UUID
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    total: Amount


class IssuedInvoice(NewInvoice):
    """The invoice, with its id."""

    id: UUID


def invoice_issuing(caller: Callable[..., object]) -> APIRouter:
    """The route; ``caller`` is a dependency that gives the sender's id."""
    router = APIRouter(tags=["invoices"])
    keyed_invoice = Depends(keyed_request("POST /invoices", caller))

    @router.post("/invoices", status_code=201, response_model=IssuedInvoice)
    async def issue_invoice(
        new: NewInvoice,
        keyed: Annotated[KeyedRequest, keyed_invoice],
        session: RequestSession,
        request: Request,
    ) -> Response:
        async def effect() -> Answer:
            if await session.get(BuyerRow, new.buyer_id) is None:
                raise UnknownBuyerError(f"Nobody to bill: {new.buyer_id}")
            invoice = InvoiceRow(**new.model_dump())
            session.add(invoice)
            await session.flush()
            issued = IssuedInvoice(id=invoice.id, **new.model_dump())
            headers = {
                "Content-Type": "application/json",
                "Location": f"{request.url.path}/{invoice.id}",
            }
            return Answer(201, headers, issued.model_dump_json().encode())

        return to_response(await once(PostgresAnswers(session), keyed, effect))

    return router
