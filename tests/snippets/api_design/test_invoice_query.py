"""Filtering and sorting: what is offered works, nothing else does."""

from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from snippets.api_design import (
    invoice_query,
    invoice_query_broken,
    invoice_query_text_broken,
)
from snippets.api_design.invoice_query import InvoiceSort
from tests.snippets.api_design.invoices import START, buyer, issue
from tests.support.twins import fix_and_twin

HIDDEN = "Sorting by a column that nobody sees tells what is in it."
INJECTED = "Whoever sorts may read any table, bit by bit."


@pytest.fixture
async def ann(engine):
    return await buyer(engine)


@pytest.fixture
async def client(serve, module):
    return await serve(module.invoice_search)


@fix_and_twin("module", invoice_query, invoice_query_broken, HIDDEN)
async def test_nobody_sorts_by_what_nobody_sees(client, engine, ann):
    for risk in (2, 1, 3):
        await issue(engine, ann, START, details={"risk": risk})

    response = await client.get("/invoices/search", params={"sort": "details"})

    assert response.status_code == 422


@fix_and_twin("module", invoice_query, invoice_query_text_broken, INJECTED)
async def test_no_sort_asks_a_question_of_its_own(client, engine, ann):
    ids = [
        str(invoice_id)
        for total in (1, 2)
        for invoice_id in await issue(engine, ann, START, total=total)
    ]
    orders = []
    for letter in "AB":
        response = await client.get(
            "/invoices/search",
            params={
                "sort": "case when (select min(name) from buyers) like"
                f" '{letter}%' then total else -total end"
            },
        )
        if response.status_code == 200:
            orders.append([invoice["id"] for invoice in response.json()])

    assert orders != [ids, ids[::-1]]  # or it has told how the name begins
    assert not orders


@pytest.mark.parametrize(
    ("module", "sort"),
    [
        (invoice_query, "-issued_at"),
        (invoice_query, "issued_at"),
        (invoice_query_broken, "-issued_at"),
        (invoice_query_broken, "issued_at"),
        (invoice_query_text_broken, "issued_at DESC"),
        (invoice_query_text_broken, "issued_at"),
    ],
)
async def test_by_what_is_meant_to_be_sorted_each_sorts(
    client, engine, ann, sort
):
    day = timedelta(days=1)
    ids = await issue(engine, ann, START, START + 2 * day, START + day)
    order = [ids[0], ids[2], ids[1]]
    if "-" in sort or "DESC" in sort:
        order.reverse()

    response = await client.get("/invoices/search", params={"sort": sort})

    assert [each["id"] for each in response.json()] == [str(i) for i in order]


@pytest.mark.parametrize("module", [invoice_query])
@pytest.mark.parametrize("sort", InvoiceSort)
async def test_every_order_is_total(client, engine, ann, sort):
    await issue(engine, ann, *[START] * 5)

    response = await client.get("/invoices/search", params={"sort": sort})

    ids = [each["id"] for each in response.json()]
    assert ids == sorted(ids, reverse=sort.startswith("-"))


@pytest.mark.parametrize(
    ("module", "sort"),
    [(invoice_query_broken, "registry"), (invoice_query_text_broken, "nosuch")],
)
async def test_a_name_that_is_no_column_is_an_error_of_the_server(client, sort):
    response = await client.get("/invoices/search", params={"sort": sort})
    assert response.status_code == 500


@pytest.mark.parametrize("module", [invoice_query])
async def test_amounts_sort_as_numbers(client, engine, ann):
    for total in ("9", "10", "0.5"):
        await issue(engine, ann, START, total=total)
    for sort in ("total", "-total"):
        response = await client.get("/invoices/search", params={"sort": sort})
        totals = [float(each["total"]) for each in response.json()]
        assert all(
            a > b if sort.startswith("-") else a < b
            for a, b in pairwise(totals)
        )


@pytest.mark.parametrize("module", [invoice_query])
async def test_filters_are_joined_by_and(client, engine, ann):
    bob = await buyer(engine, "Bob")
    [wanted] = await issue(engine, ann, START, status="paid", total=5)
    await issue(engine, ann, START, status="open", total=5)
    await issue(engine, ann, START, status="paid", total=4)
    await issue(engine, bob, START, status="paid", total=5)

    response = await client.get(
        "/invoices/search",
        params={"buyer_id": str(ann), "status": "paid", "min_total": "4.001"},
    )

    assert [each["id"] for each in response.json()] == [str(wanted)]


@pytest.mark.parametrize("module", [invoice_query])
@pytest.mark.parametrize(
    "asked",
    [
        {"statsu": "paid"},
        {"status": "paid' or true --"},
        {"status": "PAID"},
        {"buyer_id": "1"},
        {"buyer_id": f"{uuid4()}\0"},
        {"min_total": "NaN"},
        {"min_total": "Infinity"},
        {"min_total": "1e400"},
        {"min_total": "-1"},
        {"sort": "id"},
        {"sort": "--total"},
        {"sort": "-total "},
        {"sort": "total; drop table invoices"},
        {"sort": "\0"},
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "9" * 5000},
    ],
)
async def test_what_is_not_offered_is_refused(client, asked):
    response = await client.get("/invoices/search", params=asked)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("module", [invoice_query])
@pytest.mark.parametrize("limit", [1, 100])
async def test_no_more_come_than_were_asked_for(client, engine, ann, limit):
    await issue(engine, ann, *[START] * 101)
    response = await client.get("/invoices/search", params={"limit": limit})
    assert len(response.json()) == limit


@pytest.mark.parametrize("module", [invoice_query])
async def test_the_documentation_lists_what_is_offered(client):
    schema = (await client.get("/openapi.json")).json()
    parameters = schema["paths"]["/invoices/search"]["get"]["parameters"]
    offered = {each["name"]: each["schema"] for each in parameters}
    assert set(offered) == {"buyer_id", "status", "min_total", "sort", "limit"}
    assert "-total" in str(schema["components"]["schemas"]["InvoiceSort"])
