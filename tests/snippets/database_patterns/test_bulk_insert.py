"""Bulk insert: how many statements, how many arguments, whose ids."""

from decimal import Decimal

import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.exc import IntegrityError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from snippets.database_patterns import (
    bulk_insert,
    bulk_insert_rows_broken,
    bulk_insert_values_broken,
)
from snippets.database_patterns.bulk_insert import (
    InvoiceDraft,
    NewBuyer,
    buyers_called,
    issue_invoices,
    register_buyers,
)
from snippets.database_patterns.models import BuyerRow, InvoiceRow
from tests.support.twins import fix_and_twin

MOST = 32767 // 2  # rows of two columns, for one statement
TOO_MANY = (
    "500 on the first large import: the number of query arguments cannot "
    "exceed 32767"
)


def people(count):
    return [NewBuyer(f"{n}@example.com", f"Buyer {n}") for n in range(count)]


@pytest.fixture
async def session(engine):
    async with AsyncSession(engine) as session:
        yield session


@pytest.fixture
def statements(engine):
    sent = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(connection, cursor, statement, *_):
        sent.append(statement)

    return sent


@fix_and_twin(
    "module",
    bulk_insert,
    bulk_insert_rows_broken,
    "An import of a thousand buyers sends two thousand statements",
)
async def test_a_hundred_buyers_are_one_statement(session, statements, module):
    ids = await module.register_buyers(session, people(100))

    assert len(ids) == 100
    assert len(statements) == 1


@fix_and_twin(
    "module",
    bulk_insert,
    bulk_insert_values_broken,
    TOO_MANY,
    raises=InterfaceError,
    match="cannot exceed 32767",
)
@pytest.mark.timeout(240)  # to compile 32,768 arguments takes its time
async def test_an_import_may_be_large(session, module):
    buyers = people(MOST + 1)

    assert len(await module.register_buyers(session, buyers)) == len(buyers)


@fix_and_twin(
    "module",
    bulk_insert,
    bulk_insert_values_broken,
    TOO_MANY,
    raises=InterfaceError,
    match="cannot exceed 32767",
)
@pytest.mark.timeout(240)
async def test_many_may_be_looked_up(session, module):
    ids = await register_buyers(session, people(3))
    emails = [each.email for each in people(32_768)]

    assert await module.buyers_called(session, emails) == ids


@pytest.mark.parametrize(
    "module",
    [bulk_insert, bulk_insert_rows_broken, bulk_insert_values_broken],
)
async def test_each_buyer_gets_its_own_id(session, module):
    ids = await module.register_buyers(session, people(7))

    stored = await session.execute(select(BuyerRow.email, BuyerRow.id))
    assert ids == dict(stored.all())
    assert len(ids) == 7


async def test_the_twin_sends_two_for_each_row(session, statements):
    await bulk_insert_rows_broken.register_buyers(session, people(10))

    assert len(statements) == 20


async def test_to_ask_for_an_order_is_to_ask_row_by_row(session, statements):
    query = insert(BuyerRow).returning(
        BuyerRow.id, sort_by_parameter_order=True
    )
    rows = [{"email": each.email, "name": each.name} for each in people(10)]

    await session.execute(query, rows)

    assert len(statements) == 10


async def test_a_thousand_rows_are_a_statement(session, statements):
    await register_buyers(session, people(2_001))

    assert len(statements) == 3


@pytest.mark.parametrize(
    "buyers", [people(1) * 2, [*people(3), *people(1)]], ids=["two", "four"]
)
async def test_an_address_that_comes_twice_stops_all(session, buyers):
    with pytest.raises(IntegrityError, match="uq_buyers_email"):
        await register_buyers(session, buyers)
    await session.rollback()

    assert await session.scalar(select(func.count(BuyerRow.id))) == 0


async def test_nobody_is_registered_of_nobody(session, statements):
    assert await register_buyers(session, []) == {}
    assert statements == []


@pytest.fixture
async def ann(session):
    ids = await register_buyers(session, people(1))
    return next(iter(ids.values()))


def bills(buyer_id, count):
    return [
        InvoiceDraft(buyer_id, "EUR", [("TEA-1", Decimal(n)), ("POT-1", n)])
        for n in range(count)
    ]


async def test_invoices_and_lines_are_three_statements(
    session, statements, ann
):
    statements.clear()

    await issue_invoices(session, bills(ann, 50))

    assert len(statements) == 3


async def test_the_ids_are_in_the_order_of_the_invoices(session, ann):
    ids = await issue_invoices(session, bills(ann, 20))

    query = select(InvoiceRow).options(selectinload(InvoiceRow.lines))
    stored = {row.id: row for row in await session.scalars(query)}
    assert [stored[each].total for each in ids] == [2 * n for n in range(20)]
    assert [
        [(line.sku, line.unit_price) for line in stored[each].lines]
        for each in ids
    ] == [[("TEA-1", n), ("POT-1", n)] for n in range(20)]


async def test_an_invoice_may_have_no_lines(session, ann):
    [invoice_id] = await issue_invoices(session, [InvoiceDraft(ann, "EUR", [])])

    invoice = await session.get_one(InvoiceRow, invoice_id)
    assert invoice.total == 0


async def test_of_no_invoices_nothing_is_issued(session):
    assert await issue_invoices(session, []) == []


@pytest.mark.parametrize("module", [bulk_insert, bulk_insert_values_broken])
@pytest.mark.parametrize("emails", [[], ["eve@example.com"], ["o'hara", "%"]])
async def test_who_is_not_there_is_not_found(session, module, emails):
    assert await module.buyers_called(session, emails) == {}


async def test_who_is_there_is_found_once(session):
    ids = await register_buyers(session, people(3))

    found = await buyers_called(session, ["1@example.com"] * 2)

    assert found == {"1@example.com": ids["1@example.com"]}
