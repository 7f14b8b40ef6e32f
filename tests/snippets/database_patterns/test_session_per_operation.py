"""Session per operation: shared by nobody, and open no longer than needed."""

import asyncio
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.database_patterns import (
    session_per_operation,
    session_per_operation_begin_broken,
    session_per_operation_gather_broken,
    session_per_operation_held_broken,
)
from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceRow,
    InvoiceStatus,
)
from snippets.database_patterns.session_per_operation import (
    InvoiceNotOpenError,
    mark_paid,
    operation_sessions,
    pay_invoice,
)
from tests.support.twins import fix_and_twin

NOBODYS = UUID("018f3b7a-0000-7000-8000-000000000001")


@pytest.fixture
def sessions(engine):
    return operation_sessions(engine)


@pytest.fixture
async def invoice(sessions):
    """Three euros, open; Ann's only one."""
    async with sessions.begin() as session:
        buyer = BuyerRow(email="ann@example.com", name="Ann")
        session.add(buyer)
        await session.flush()
        invoice = InvoiceRow(buyer_id=buyer.id, currency="EUR", total=3)
        session.add(invoice)
    return invoice


async def status_of(engine, invoice):
    async with AsyncSession(engine) as session:
        query = select(InvoiceRow.status).where(InvoiceRow.id == invoice.id)
        return await session.scalar(query)


class Provider:
    """Notes what it is asked for, and how many connections are in use then."""

    def __init__(self, engine, meanwhile=None):
        self._pool, self._meanwhile = engine.pool, meanwhile
        self.charges, self.connections = [], []

    async def charge(self, invoice_id, total, currency):
        self.connections.append(self._pool.checkedout())
        self.charges.append((invoice_id, total, currency))
        if self._meanwhile:
            await self._meanwhile()


@pytest.fixture(params=["that connects first", "that pings first"])
async def waiting_sessions(request, asyncpg_url):
    """Of an engine that has to wait before its first query."""
    pings = request.param == "that pings first"
    engine = create_async_engine(asyncpg_url, pool_pre_ping=pings)
    if pings:
        async with engine.connect():
            pass
    yield operation_sessions(engine)
    await engine.dispose()


@fix_and_twin(
    "module",
    session_per_operation,
    session_per_operation_gather_broken,
    "The overview answers 500: Method 'close()' can't be called here",
    raises=InvalidRequestError,
    match=r"Method 'close\(\)' can't be called here",
)
async def test_two_queries_at_once_each_have_a_session(
    waiting_sessions, invoice, module
):
    overview = await module.buyer_overview(waiting_sessions, invoice.buyer_id)

    assert [each.id for each in overview.newest] == [invoice.id]
    assert overview.billed == {"EUR": 3}


@fix_and_twin(
    "module",
    session_per_operation,
    session_per_operation_held_broken,
    "While the payment provider is slow, each payment keeps a connection, "
    "and soon nobody else has one",
)
async def test_during_the_call_no_connection_is_in_use(
    engine, sessions, invoice, module
):
    provider = Provider(engine)

    await module.pay_invoice(sessions, provider.charge, invoice.id)

    assert provider.connections == [0]
    assert await status_of(engine, invoice) is InvoiceStatus.PAID


@fix_and_twin(
    "module",
    session_per_operation,
    session_per_operation_begin_broken,
    "As soon as a dependency has queried too: A transaction is already begun",
    raises=InvalidRequestError,
    match="already begun",
)
async def test_one_place_owns_the_transaction(engine, invoice, module):
    async with AsyncSession(engine) as session:
        await session.scalar(select(BuyerRow.id))  # a dependency did
        await module.mark_paid(session, invoice.id)
        await session.commit()

    assert await status_of(engine, invoice) is InvoiceStatus.PAID


@pytest.mark.parametrize(
    "module", [session_per_operation, session_per_operation_held_broken]
)
async def test_an_invoice_is_charged_and_then_paid(
    engine, sessions, invoice, module
):
    provider = Provider(engine)

    await module.pay_invoice(sessions, provider.charge, invoice.id)

    assert provider.charges == [(invoice.id, Decimal(3), "EUR")]
    with pytest.raises(InvoiceNotOpenError):
        await module.pay_invoice(sessions, provider.charge, invoice.id)
    with pytest.raises(InvoiceNotOpenError):
        await module.pay_invoice(sessions, provider.charge, NOBODYS)
    assert len(provider.charges) == 1


async def test_alone_the_twin_that_begins_works(engine, invoice):
    async with AsyncSession(engine) as session:
        await session_per_operation_begin_broken.mark_paid(session, invoice.id)

    assert await status_of(engine, invoice) is InvoiceStatus.PAID


async def test_on_a_connection_that_is_there_the_twin_asks_in_turn(
    sessions, invoice
):
    overview = await session_per_operation_gather_broken.buyer_overview(
        sessions, invoice.buyer_id
    )

    assert [each.id for each in overview.newest] == [invoice.id]
    assert overview.billed == {"EUR": 3}


async def test_a_charge_that_fails_leaves_it_open(engine, sessions, invoice):
    async def refuse():
        raise ConnectionError("provider is away")

    provider = Provider(engine, refuse)
    with pytest.raises(ConnectionError):
        await pay_invoice(sessions, provider.charge, invoice.id)

    assert await status_of(engine, invoice) is InvoiceStatus.OPEN


async def test_who_was_faster_is_noticed_after_the_charge(
    engine, sessions, invoice
):
    async def void():
        async with sessions.begin() as session:
            await session.execute(text("update invoices set status = 'void'"))

    provider = Provider(engine, void)
    with pytest.raises(InvoiceNotOpenError):
        await pay_invoice(sessions, provider.charge, invoice.id)

    assert await status_of(engine, invoice) is InvoiceStatus.VOID


async def test_of_two_at_once_one_writes_it_down(engine, sessions, invoice):
    both = asyncio.Barrier(2)
    provider = Provider(engine, both.wait)

    outcomes = await asyncio.gather(
        *(pay_invoice(sessions, provider.charge, invoice.id) for _ in range(2)),
        return_exceptions=True,
    )

    assert {type(each) for each in outcomes} == {
        type(None),
        InvoiceNotOpenError,
    }
    assert {invoice_id for invoice_id, *_ in provider.charges} == {invoice.id}
    assert await status_of(engine, invoice) is InvoiceStatus.PAID


async def test_a_query_outside_of_an_operation_is_refused(sessions):
    async with sessions() as session:
        with pytest.raises(InvalidRequestError, match="Autobegin"):
            await session.scalar(text("select 1"))


async def test_a_session_is_not_used_after_its_operation(sessions):
    async with sessions.begin() as session:
        await session.scalar(text("select 1"))

    with pytest.raises(InvalidRequestError):
        await session.begin()


async def test_an_operation_that_fails_changes_nothing(
    engine, sessions, invoice
):
    async def fail():
        async with sessions.begin() as session:
            await mark_paid(session, invoice.id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await status_of(engine, invoice) is InvoiceStatus.OPEN
