"""Keyset query: each row once, and no row read that is not shown."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.database_patterns import keyset_query, keyset_query_broken
from snippets.database_patterns.keyset_query import InvoiceKey, invoices_after
from snippets.database_patterns.models import BuyerRow, InvoiceRow
from tests.support.twins import fix_and_twin

START = datetime(2026, 1, 1, tzinfo=UTC)
READS_ALL = "A late page reads every row before it, and takes ever longer."


async def buyer(session, name="Ann"):
    row = BuyerRow(email=f"{name}@example.com", name=name)
    session.add(row)
    await session.flush()
    return row.id


async def issue(session, moments, buyer_id):
    await session.execute(
        insert(InvoiceRow),
        [
            {
                "buyer_id": buyer_id,
                "currency": "EUR",
                "total": 1,
                "issued_at": at,
            }
            for at in moments
        ],
    )


@pytest.fixture
async def session(engine):
    async with AsyncSession(engine) as session:
        yield session


@pytest.fixture
async def ann(session):
    return await buyer(session)


async def page(session, key, limit, *criteria, after=invoices_after):
    return list(await session.scalars(after(key, limit, *criteria)))


async def all_pages(session, limit, *criteria, after=invoices_after):
    found, key = [], None
    while rows := await page(session, key, limit, *criteria, after=after):
        found += rows
        key = InvoiceKey.of(rows[-1])
    return found


@pytest.mark.parametrize("module", [keyset_query, keyset_query_broken])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
async def test_every_invoice_is_on_one_page_though_many_have_one_time(
    session, ann, limit, module
):
    micro = timedelta(microseconds=1)
    moments = [START, START, START, START + micro, START + micro, START]
    await issue(session, moments, ann)

    found = await all_pages(session, limit, after=module.invoices_after)

    keys = [InvoiceKey.of(row) for row in found]
    assert len(set(keys)) == len(moments)
    assert keys == sorted(keys, reverse=True)


async def test_what_comes_and_goes_between_pages_moves_no_other_row(
    session, ann
):
    await issue(session, [START + timedelta(days=n) for n in range(6)], ann)
    whole = await page(session, None, 100)
    first = await page(session, None, 2)

    await issue(session, [START + timedelta(days=99)], ann)
    await session.execute(
        delete(InvoiceRow).where(InvoiceRow.id == first[1].id)
    )
    second = await page(session, InvoiceKey.of(first[1]), 2)

    assert second == whole[2:4]


MANY = """
insert into invoices (buyer_id, currency, total, issued_at)
select cast(:buyer_id as uuid), 'EUR', 1,
    cast(:start as timestamptz) + n * interval '1 minute'
from generate_series(1, 2000) n
"""


async def many(session, buyers):
    """Enough rows that the planner takes an index, and knows how many."""
    for buyer_id in buyers:
        values = {"buyer_id": buyer_id, "start": START}
        await session.execute(text(MANY), values)
    await session.execute(text("analyze invoices"))


async def plan(session, query):
    """What PostgreSQL did, node by node, the top one first."""
    sql = query.compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
    )
    explained = await session.scalar(
        text(f"explain (analyze, format json) {sql}".replace(":", r"\:"))
    )
    node, nodes = explained[0]["Plan"], []
    while node:
        nodes.append(node)
        node = next(iter(node.get("Plans", ())), None)
    return nodes


@fix_and_twin(
    "after", invoices_after, keyset_query_broken.invoices_after, READS_ALL
)
async def test_a_late_page_reads_the_rows_that_it_shows(session, ann, after):
    await many(session, [ann])
    key = InvoiceKey.of((await page(session, None, 1_500))[-1])

    nodes = await plan(session, after(key, 20))

    assert [node["Node Type"] for node in nodes] == ["Limit", "Index Scan"]
    assert nodes[-1]["Actual Rows"] == 20
    assert nodes[-1].get("Rows Removed by Filter", 0) == 0


async def test_one_buyers_pages_come_from_that_buyers_index(session, ann):
    bob = await buyer(session, "Bob")
    await many(session, [ann, bob])
    of_bob = InvoiceRow.buyer_id == bob
    key = InvoiceKey.of((await page(session, None, 1_500, of_bob))[-1])

    nodes = await plan(session, invoices_after(key, 20, of_bob))

    assert [node["Node Type"] for node in nodes] == ["Limit", "Index Scan"]
    assert nodes[-1]["Index Name"] == "ix_invoices_buyer"
    assert nodes[-1].get("Rows Removed by Filter", 0) == 0


async def test_a_buyers_pages_have_no_other_buyers_invoices(session, ann):
    bob = await buyer(session, "Bob")
    await issue(session, [START] * 3, ann)
    await issue(session, [START] * 3, bob)

    found = await all_pages(session, 2, InvoiceRow.buyer_id == bob)

    assert [row.buyer_id for row in found] == [bob] * 3


@pytest.mark.parametrize(
    "at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
async def test_any_time_is_a_place(session, ann, at):
    await issue(session, [START], ann)
    [row] = await page(session, None, 1)

    after = await page(session, InvoiceKey(at, row.id), 1)

    assert after == ([row] if at > START else [])
