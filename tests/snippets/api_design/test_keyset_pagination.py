"""Keyset pagination: each invoice on one page, whatever happens between."""

from datetime import timedelta
from typing import Annotated
from uuid import uuid4

import pytest
from fastapi import APIRouter, HTTPException, Query
from sqlakeyset import InvalidPage
from sqlakeyset.asyncio import select_page
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design import (
    keyset_pagination_tie_broken,
    keyset_pagination_truncated_broken,
)
from snippets.api_design.invoice_view import InvoiceView
from snippets.api_design.keyset_pagination import InvoicePage, invoice_list
from snippets.architecture_patterns.request_session import RequestSession
from snippets.database_patterns.models import InvoiceRow
from tests.snippets.api_design.invoices import START, buyer, issue
from tests.support.twins import fix_and_twin

FOR_EVER = "The second page is the first page again, and so on for ever."
SKIPPED = "Invoices of one moment that do not fit on a page are on none."
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)

by_sqlakeyset = APIRouter()


@by_sqlakeyset.get("/invoices")
async def list_by_sqlakeyset(
    session: RequestSession,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> InvoicePage:
    query = select(InvoiceRow).order_by(
        InvoiceRow.issued_at.desc(), InvoiceRow.id.desc()
    )
    try:
        page = await select_page(session, query, limit, page=cursor)
    except InvalidPage as error:
        raise HTTPException(422, "no bookmark") from error
    return InvoicePage(
        items=[InvoiceView.of(row) for (row,) in page],
        next=page.paging.bookmark_next if page.paging.has_next else None,
    )


@pytest.fixture
async def ann(engine):
    return await buyer(engine)


@pytest.fixture
async def client(serve):
    return await serve(invoice_list)


async def walk(client, **query):
    """The ids of all pages; but no more pages than there can be."""
    found = []
    for _ in range(20):
        response = await client.get("/invoices", params=query)
        page = response.raise_for_status().json()
        found += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    return found


def each_is_there_once(found, ids):
    return sorted(found) == sorted(map(str, ids))


@fix_and_twin(
    "router",
    invoice_list,
    keyset_pagination_truncated_broken.invoice_list,
    FOR_EVER,
)
async def test_pages_end_though_times_differ_by_microseconds(
    serve, engine, ann, router
):
    moments = [START + 100 * n * MICROSECOND for n in range(1, 5)]
    ids = await issue(engine, ann, *moments)

    found = await walk(await serve(router), limit=2)

    assert each_is_there_once(found, ids)


@fix_and_twin(
    "router",
    invoice_list,
    keyset_pagination_tie_broken.invoice_list,
    SKIPPED,
)
async def test_invoices_of_one_moment_may_be_on_two_pages(
    serve, engine, ann, router
):
    ids = await issue(engine, ann, START, START, START, START)

    found = await walk(await serve(router), limit=3)

    assert each_is_there_once(found, ids)


@pytest.mark.parametrize(
    "router",
    [
        invoice_list,
        by_sqlakeyset,
        keyset_pagination_tie_broken.invoice_list,
        keyset_pagination_truncated_broken.invoice_list,
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
async def test_with_a_day_between_them_any_pages_do(
    serve, engine, ann, limit, router
):
    ids = await issue(engine, ann, *[START + n * DAY for n in range(4)])

    found = await walk(await serve(router), limit=limit)

    assert each_is_there_once(found, ids)


@pytest.mark.parametrize("router", [invoice_list, by_sqlakeyset])
@pytest.mark.parametrize("limit", [1, 2, 3, 5])
async def test_ties_and_microseconds_are_no_trouble_to_the_library_either(
    serve, engine, ann, limit, router
):
    moments = [START, START, START + MICROSECOND, START, START + MICROSECOND]
    ids = await issue(engine, ann, *moments)

    found = await walk(await serve(router), limit=limit)

    assert each_is_there_once(found, ids)


@pytest.mark.parametrize("router", [invoice_list, by_sqlakeyset])
async def test_what_comes_and_goes_between_pages_moves_nothing(
    serve, engine, ann, router
):
    ids = await issue(engine, ann, *[START + n * DAY for n in range(6)])
    client = await serve(router)
    first = (await client.get("/invoices", params={"limit": 2})).json()

    await issue(engine, ann, START + 99 * DAY)
    async with AsyncSession(engine) as session, session.begin():
        last_of_page = delete(InvoiceRow).where(InvoiceRow.id == ids[4])
        await session.execute(last_of_page)
    rest = await walk(client, limit=2, cursor=first["next"])

    assert rest == [str(each) for each in reversed(ids[:4])]


async def test_a_cursor_keeps_to_its_filters(client, engine, ann):
    bob = await buyer(engine, "Bob")
    of_bob = await issue(engine, bob, START, START, START)
    await issue(engine, ann, START, START, START)

    assert each_is_there_once(
        await walk(client, limit=2, buyer_id=str(bob)), of_bob
    )

    page = await client.get(
        "/invoices", params={"limit": 2, "buyer_id": str(bob)}
    )
    for other in ({}, {"buyer_id": str(ann)}, {"status": "open"}):
        response = await client.get(
            "/invoices", params={"cursor": page.json()["next"], **other}
        )
        assert response.status_code == 422
        assert response.json()["type"].endswith("/invalid-cursor")


async def test_the_size_may_change_between_pages(client, engine, ann):
    ids = await issue(engine, ann, *[START] * 5)
    first = (await client.get("/invoices", params={"limit": 1})).json()

    rest = await walk(client, limit=3, cursor=first["next"])

    found = [first["items"][0]["id"], *rest]
    assert each_is_there_once(found, ids)


async def test_no_invoices_are_one_empty_page(client):
    response = await client.get("/invoices")
    assert response.json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": ""},
        {"cursor": "\0"},
        {"cursor": "A" * 44},
        {"cursor": "%"},
        {"cursor": "A" * 10_000},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "101"},
        {"limit": "99999999999999999999"},
        {"offset": "1"},
        {"buyer_id": str(uuid4()), "status": "\0"},
    ],
)
async def test_what_is_made_up_is_refused(client, query):
    response = await client.get("/invoices", params=query)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("bookmark", [">x~x", ">i:1~i:2"])
async def test_a_bookmark_of_the_library_may_hold_what_no_column_compares(
    engine, bookmark
):
    query = select(InvoiceRow).order_by(InvoiceRow.issued_at, InvoiceRow.id)
    async with AsyncSession(engine) as session:
        with pytest.raises(SQLAlchemyError):
            await select_page(session, query, page=bookmark)


async def test_what_comes_late_from_before_a_cursor_is_not_announced(
    client, engine, ann
):
    """This is a list, and no feed of changes."""
    await issue(engine, ann, START, START + DAY)
    first = (await client.get("/invoices", params={"limit": 1})).json()
    [late] = await issue(engine, ann, START + 2 * DAY)

    assert str(late) not in await walk(client, cursor=first["next"])
