"""Indexes: which of them PostgreSQL reads from, with rows enough to choose."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.database_patterns import indexes, indexes_broken
from snippets.database_patterns.indexes import (
    billed_to,
    issued_on,
    longest_open,
    newest_of,
)
from snippets.database_patterns.models import BuyerRow, InvoiceRow
from snippets.database_patterns.query_plan import plan_of
from tests.support.twins import fix_and_twin

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 1, 20)
BUYERS = """
insert into buyers (email, name)
select n || '@example.com', 'Buyer' from generate_series(1, 50) n
"""
INVOICES = """
insert into invoices (buyer_id, currency, total, status, issued_at)
select
    id, 'EUR', n,
    cast(case n when 50 then 'open' else 'paid' end as invoice_status),
    timestamptz '2026-01-01 12:00Z' + n * interval '1 day'
from buyers, generate_series(1, 100) n
"""


@pytest.fixture
async def session(engine):
    """50 buyers have an invoice a day, 100 each, and one of them is open."""
    async with engine.begin() as connection:
        # VACUUM marks a page as visible to all once its rows are on disk.
        await connection.execute(text("set local synchronous_commit = on"))
        await connection.execute(text(BUYERS))
        await connection.execute(text(INVOICES))
    at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with at_once.connect() as connection:
        await connection.execute(text("vacuum analyze invoices"))
    async with AsyncSession(engine) as session:
        yield session


@pytest.fixture
async def buyer_id(session):
    return await session.scalar(select(BuyerRow.id).limit(1))


def either(reason):
    return fix_and_twin("module", indexes, indexes_broken, reason)


@either("A buyer with ten thousand invoices waits while all are sorted")
async def test_a_buyers_newest_come_sorted_from_the_index(
    session, buyer_id, module
):
    assert await plan_of(session, module.newest_of(buyer_id, 20)) == [
        "Limit",
        "Index Scan using ix_invoices_buyer",
    ]


@either("The list of reminders reads every invoice that was ever paid")
async def test_the_open_ones_come_from_the_index_of_open_ones(session, module):
    assert await plan_of(session, module.longest_open(20)) == [
        "Limit",
        "Index Scan using ix_invoices_open",
    ]


@either("The invoices of one day take longer with each year of business")
async def test_one_day_is_looked_up(session, module):
    plan = await plan_of(session, module.issued_on(DAY, BERLIN))

    assert plan[-1] in {
        "Bitmap Index Scan using ix_invoices_issued",
        "Index Scan using ix_invoices_issued",
    }


async def test_a_sum_is_read_from_the_index_alone(session, buyer_id):
    plan = await plan_of(session, billed_to(buyer_id))

    assert plan[-1] == "Index Only Scan using ix_invoices_buyer"
    assert (await session.execute(billed_to(buyer_id))).all() == [("EUR", 5050)]


async def test_a_query_that_names_one_more_column_reads_the_table(
    session, buyer_id
):
    query = billed_to(buyer_id).where(InvoiceRow.status != "void")

    assert not any(
        step.startswith("Index Only") for step in await plan_of(session, query)
    )


async def test_a_small_table_is_read_from_end_to_end(engine):
    async with AsyncSession(engine) as session:
        session.add(BuyerRow(email="ann@example.com", name="Ann"))
        await session.flush()
        await session.execute(text("analyze buyers"))
        query = select(BuyerRow).where(BuyerRow.email == "ann@example.com")

        assert await plan_of(session, query) == ["Seq Scan"]


@pytest.mark.parametrize("module", [indexes, indexes_broken])
async def test_the_rows_are_those_asked_for(session, buyer_id, module):
    newest = list(await session.scalars(module.newest_of(buyer_id, 3)))
    assert [row.total for row in newest] == [100, 99, 98]
    assert {row.buyer_id for row in newest} == {buyer_id}

    opened = list(await session.scalars(module.longest_open(60)))
    assert [row.total for row in opened] == [50] * 50

    of_the_day = list(await session.scalars(module.issued_on(DAY, BERLIN)))
    assert [row.total for row in of_the_day] == [19] * 50


@pytest.mark.parametrize("module", [indexes, indexes_broken])
@pytest.mark.parametrize(
    ("day", "first", "hours"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        (date(2026, 7, 1), datetime(2026, 6, 30, 22, tzinfo=UTC), 24),
    ],
)
async def test_a_day_is_as_long_as_it_is_there(
    engine, day, first, hours, module
):
    moments = [first + timedelta(hours=n) for n in range(-1, hours + 1)]
    async with AsyncSession(engine) as session:
        buyer = BuyerRow(email="ann@example.com", name="Ann")
        session.add(buyer)
        await session.flush()
        session.add_all(
            InvoiceRow(
                buyer_id=buyer.id, currency="EUR", total=1, issued_at=moment
            )
            for moment in moments
        )
        found = list(await session.scalars(module.issued_on(day, BERLIN)))

    assert sorted(row.issued_at for row in found) == moments[1:-1]


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_day_at_the_end_of_the_calendar_is_refused(day):
    with pytest.raises(OverflowError):
        issued_on(day, BERLIN)


def test_limits_are_the_callers():
    assert "LIMIT" in str(longest_open(1))
    assert "LIMIT" in str(newest_of(None, 1))
