"""Eager loading: how many statements, which rows, and what is locked."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from snippets.code_style.errors import NotFoundError
from snippets.database_patterns import (
    eager_loading,
    eager_loading_limit_broken,
    eager_loading_lock_broken,
    eager_loading_loop_broken,
)
from snippets.database_patterns.eager_loading import (
    invoices_with,
    locked_invoice,
    newest_invoices,
)
from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceLineRow,
    InvoiceRow,
)
from tests.support.twins import fix_and_twin

START = datetime(2026, 1, 1, tzinfo=UTC)
SKUS = ["TEA-1", "POT-1", "CUP-1"]
NOBODYS = UUID("018f3b7a-0000-7000-8000-000000000001")


async def issue(session, count):
    """Invoices, the newest last, of buyers A, B, A, B, …, with three lines."""
    buyers = [BuyerRow(email=f"{name}@example.com", name=name) for name in "AB"]
    session.add_all(buyers)
    await session.flush()
    invoices = list(
        await session.scalars(
            insert(InvoiceRow).returning(InvoiceRow.id),
            [
                {
                    "buyer_id": buyers[number % 2].id,
                    "currency": "EUR",
                    "total": 3,
                    "issued_at": START + timedelta(days=number),
                }
                for number in range(count)
            ],
        )
    )
    await session.execute(
        insert(InvoiceLineRow),
        [
            {
                "invoice_id": invoice_id,
                "position": position,
                "sku": sku,
                "quantity": 1,
                "unit_price": 1,
            }
            for invoice_id in invoices
            for position, sku in enumerate(SKUS)
        ],
    )


@pytest.fixture
async def session(engine):
    """Where six invoices are stored, and none is loaded."""
    async with AsyncSession(engine) as session:
        await issue(session, 6)
        await session.commit()
    async with AsyncSession(engine) as session:
        yield session


@pytest.fixture
def statements(engine):
    sent = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(connection, cursor, statement, *_):
        sent.append(statement)

    return sent


def shown(invoices):
    return [
        (invoice.buyer.name, [line.sku for line in invoice.lines])
        for invoice in invoices
    ]


@fix_and_twin(
    "module",
    eager_loading,
    eager_loading_loop_broken,
    "The list is slow: a page of twenty invoices sends 61 statements",
)
async def test_a_page_is_two_statements(session, statements, module):
    invoices = await module.newest_invoices(session, 4)

    assert shown(invoices) == [
        ("B", SKUS),
        ("A", SKUS),
        ("B", SKUS),
        ("A", SKUS),
    ]
    assert len(statements) == 2


@fix_and_twin(
    "module",
    eager_loading,
    eager_loading_limit_broken,
    "A page of four shows two invoices, the second with one of three lines",
)
async def test_a_page_of_four_has_four(session, module):
    invoices = await module.newest_invoices(session, 4)

    assert [skus for _, skus in shown(invoices)] == [SKUS] * 4


@fix_and_twin(
    "module",
    eager_loading,
    eager_loading_lock_broken,
    "500: FOR UPDATE cannot be applied to the nullable side of an outer join",
    raises=DBAPIError,
    match="nullable side of an outer join",
)
async def test_an_invoice_is_locked_with_its_lines_loaded(session, module):
    invoice_id = await session.scalar(select(InvoiceRow.id).limit(1))

    invoice = await module.locked_invoice(session, invoice_id)

    assert [line.sku for line in invoice.lines] == SKUS


@pytest.mark.parametrize(
    "module", [eager_loading_loop_broken, eager_loading_limit_broken]
)
async def test_without_a_limit_in_the_way_the_twins_show_the_same(
    session, module
):
    found = shown(await module.newest_invoices(session, 100))

    assert found == shown(await newest_invoices(session, 100))
    assert len(found) == 6


async def test_the_twin_sends_two_for_each_invoice_and_one_for_each_buyer(
    session, statements
):
    await eager_loading_loop_broken.newest_invoices(session, 6)

    buyers = 2
    assert len(statements) == 1 + 2 * 6 + buyers


async def test_of_many_invoices_each_500_are_one_more(engine, statements):
    async with AsyncSession(engine) as session:
        await issue(session, 501)
        session.expunge_all()
        statements.clear()

        invoices = await newest_invoices(session, 501)

    assert len(statements) == 3
    assert all(len(invoice.lines) == 3 for invoice in invoices)


async def test_what_was_not_loaded_is_not_read_by_mistake(session):
    invoice = await session.scalar(select(InvoiceRow).limit(1))

    with pytest.raises(InvalidRequestError, match="lazy='raise'"):
        _ = invoice.lines
    with pytest.raises(InvalidRequestError, match="lazy='raise'"):
        _ = invoice.buyer


async def test_who_has_the_article_is_shown_with_all_lines(session, statements):
    await session.execute(
        text(
            "update invoice_lines set sku = 'TEA-2' where sku = 'TEA-1'"
            " and invoice_id in (select id from invoices order by id limit 3)"
        )
    )
    statements.clear()

    invoices = await invoices_with(session, "TEA-2", 2)

    assert shown(invoices) == [("A", ["TEA-2", *SKUS[1:]])] * 2
    assert invoices[0].issued_at > invoices[1].issued_at
    assert len(statements) == 2


async def test_the_lock_is_on_the_invoice_alone(engine, session):
    invoice_id = await session.scalar(select(InvoiceRow.id).limit(1))
    await locked_invoice(session, invoice_id)

    async with engine.connect() as other:
        taken = "select * from {} for update nowait"
        await other.execute(text(taken.format("invoice_lines")))
        with pytest.raises(DBAPIError, match="could not obtain lock"):
            await other.execute(text(taken.format("invoices")))


async def test_a_join_locks_the_buyer_as_well(engine, session):
    """What a ``joinedload`` that is an inner join would do."""
    query = (
        select(InvoiceRow)
        .options(joinedload(InvoiceRow.buyer, innerjoin=True))
        .with_for_update()
        .limit(1)
    )
    await session.scalar(query)

    async with engine.connect() as other:
        with pytest.raises(DBAPIError, match="could not obtain lock"):
            await other.execute(
                text("select * from buyers order by id desc for update nowait")
            )


async def test_it_is_locked_as_it_is_now(engine, session):
    invoice = await session.scalar(select(InvoiceRow).limit(1))
    async with engine.begin() as other:
        await other.execute(text("update invoices set total = 7"))

    assert (await locked_invoice(session, invoice.id)).total == 7


async def test_an_invoice_that_is_not_there_is_said_so(session):
    with pytest.raises(NotFoundError):
        await locked_invoice(session, NOBODYS)
