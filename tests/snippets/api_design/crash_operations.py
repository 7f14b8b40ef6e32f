"""What the children of the crash-point test do."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from snippets.api_design.idempotency_key import PostgresAnswers
from snippets.api_design.idempotency_key_reserved_broken import ReservedAnswers
from snippets.api_design.keyed_request import Answer, KeyedRequest, once
from snippets.database_patterns.models import InvoiceRow

REQUEST = KeyedRequest("ann", "POST /invoices", "8e03978e-40d5-43e8", b"hash")


def issue(session, buyer_id, status=201):
    """An effect: one invoice, and an answer that names it."""

    async def effect():
        invoice = InvoiceRow(buyer_id=buyer_id, currency="EUR", total=3)
        session.add(invoice)
        await session.flush()
        return Answer(status, {"X-Kind": "invoice"}, str(invoice.id).encode())

    return effect


async def in_one_transaction(engine, request, buyer_id):
    async with AsyncSession(engine) as session, session.begin():
        effect = issue(session, UUID(buyer_id))
        return await once(PostgresAnswers(session), request, effect)


async def reserved_first(engine, request, buyer_id):
    async def effect():
        async with AsyncSession(engine) as session, session.begin():
            return await issue(session, UUID(buyer_id))()

    return await once(ReservedAnswers(engine), request, effect)


WAYS = {"fix": in_one_transaction, "reserved first": reserved_first}


async def issue_invoice(way, url, buyer_id):
    """A client asks for an invoice."""
    engine = create_async_engine(url, poolclass=NullPool)
    await WAYS[way](engine, REQUEST, buyer_id)
