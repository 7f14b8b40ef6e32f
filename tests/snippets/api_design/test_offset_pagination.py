"""Offset pagination: numbered pages, and what they cannot do."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from snippets.api_design import (
    keyset_client,
    offset_pagination,
    offset_pagination_broken,
)
from snippets.api_design.invoice_query import InvoiceSort
from snippets.api_design.keyset_pagination import invoice_list
from snippets.api_design.offset_pagination import MAX_ROWS, numbered_invoices
from tests.snippets.api_design.invoices import START, buyer, issue
from tests.support.twins import fix_and_twin

TWICE = "One invoice is copied twice, because another came in meanwhile."
DAY = timedelta(days=1)


@pytest.fixture
async def ann(engine):
    return await buyer(engine)


@pytest.fixture
async def client(serve):
    return await serve(numbered_invoices, invoice_list)


@fix_and_twin(
    "every_invoice",
    keyset_client.every_invoice,
    offset_pagination_broken.every_invoice,
    TWICE,
)
async def test_a_copy_has_each_invoice_once_while_others_come(
    client, engine, ann, every_invoice
):
    ids = await issue(engine, ann, *[START + n * DAY for n in range(6)])

    found = []
    async for invoice in every_invoice(client, limit=2):
        if not found:
            await issue(engine, ann, START + 99 * DAY)
        found.append(invoice["id"])

    assert found == [str(each) for each in reversed(ids)]


async def test_while_nothing_happens_page_numbers_do(client, engine, ann):
    ids = await issue(engine, ann, *[START + n * DAY for n in range(5)])

    found = offset_pagination_broken.every_invoice(client, limit=2)

    assert [each["id"] async for each in found] == [
        str(each) for each in reversed(ids)
    ]


@pytest.mark.parametrize("sort", InvoiceSort)
async def test_equals_do_not_change_places_between_pages(
    client, engine, ann, sort
):
    ids = await issue(engine, ann, *[START] * 7)

    found = []
    for page in (1, 2, 3, 4):
        response = await client.get(
            "/invoices/pages",
            params={"page": page, "per_page": 2, "sort": sort},
        )
        found += [each["id"] for each in response.json()["items"]]

    expected = sorted(map(str, ids), reverse=sort.startswith("-"))
    assert found == expected


async def test_the_total_is_of_the_filter_not_of_the_page(client, engine, ann):
    await issue(engine, ann, *[START] * 3)
    await issue(engine, await buyer(engine, "Bob"), START)

    response = await client.get(
        "/invoices/pages", params={"buyer_id": str(ann), "per_page": 2}
    )
    beyond = await client.get("/invoices/pages", params={"page": 9})

    assert response.json()["total"] == 3
    assert len(response.json()["items"]) == 2
    assert beyond.json() == {"items": [], "page": 9, "total": 4}


async def test_the_count_ends_at_a_limit(client, engine, ann, monkeypatch):
    monkeypatch.setattr(offset_pagination, "MAX_ROWS", 2)
    await issue(engine, ann, *[START] * 3)

    response = await client.get("/invoices/pages")

    assert response.json()["total"] == 2


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": str(MAX_ROWS // 100 + 1)},
        {"page": "9" * 30},
        {"per_page": "0"},
        {"per_page": "101"},
        {"sort": "details"},
        {"pgae": "2"},
    ],
)
async def test_no_page_is_out_of_bounds(client, query):
    response = await client.get("/invoices/pages", params=query)
    assert response.status_code == 422


@pytest.mark.parametrize("query", [{"page": "100", "per_page": "100"}])
async def test_the_last_page_that_is_offered_is_one(client, query):
    response = await client.get("/invoices/pages", params=query)
    assert response.json() == {"items": [], "page": 100, "total": 0}


MANY = """
insert into invoices (buyer_id, currency, total, issued_at)
select cast(:buyer_id as uuid), 'EUR', 1, now() + n * interval '1 minute'
from generate_series(1, 2000) n
"""
LATE_PAGE = """
explain (analyze, format json)
select * from invoices order by issued_at desc, id desc limit 20 offset 1500
"""


async def test_postgresql_reads_every_row_before_the_page(engine, ann):
    async with engine.begin() as connection:
        await connection.execute(text(MANY), {"buyer_id": ann})
        await connection.execute(text("analyze invoices"))
        explained = await connection.scalar(text(LATE_PAGE))

    limit = explained[0]["Plan"]
    assert limit["Actual Rows"] == 20
    assert limit["Plans"][0]["Actual Rows"] == 1520
