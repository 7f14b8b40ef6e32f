"""Streaming export: a slow client keeps nobody waiting."""

import asyncio
import csv
from datetime import timedelta
from io import StringIO

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, event, select, text, update
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.api_design import streaming_export, streaming_export_broken
from snippets.api_design.streaming_export import (
    COLUMNS,
    inert,
    invoice_export,
    invoice_pages,
)
from snippets.database_patterns.models import BuyerRow, InvoiceRow
from tests.snippets.api_design.invoices import START, buyer, issue
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

HELD = "While one client reads slowly, every other request is an error 500."
DAY = timedelta(days=1)


@pytest.fixture
async def ann(engine):
    return await buyer(engine)


@pytest.fixture
async def client(serve):
    return await serve(invoice_export)


@pytest.fixture
def two_a_page(monkeypatch):
    monkeypatch.setattr(streaming_export, "ROWS", 2)


def read(response):
    assert response.status_code == 200
    header, *rows = csv.reader(StringIO(response.text, newline=""))
    assert tuple(header) == COLUMNS
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


@pytest.fixture
async def one_connection(asyncpg_url):
    engine = create_async_engine(
        asyncpg_url, pool_size=1, max_overflow=0, pool_timeout=0.1
    )
    yield engine
    await engine.dispose()


class SlowClient:
    """Takes one chunk, then no more until it is told to."""

    def __init__(self):
        self.waits, self.go_on = asyncio.Event(), asyncio.Event()
        self.body = b""
        self._disconnect = asyncio.Event()

    async def receive(self):
        await self._disconnect.wait()

    async def send(self, message):
        if self.body:
            self.waits.set()
            await self.go_on.wait()
        self.body += message.get("body", b"")

    async def get(self, app, path):
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await app(scope, self.receive, self.send)


@fix_and_twin(
    "module",
    streaming_export,
    streaming_export_broken,
    HELD,
    raises=PoolTimeoutError,
)
async def test_while_a_slow_client_reads_others_have_the_connection(
    engine, one_connection, ann, two_a_page, module
):
    await issue(engine, ann, *[START + n * DAY for n in range(5)])
    app = FastAPI()
    app.state.engine = one_connection
    app.include_router(module.invoice_export)
    slow = SlowClient()

    export = asyncio.create_task(slow.get(app, "/invoices.csv"))
    try:
        await slow.waits.wait()
        async with AsyncSession(one_connection) as session:
            await session.scalar(select(1))
    finally:
        slow.go_on.set()
        await export

    assert slow.body.count(b"\r\n") == 6


@pytest.mark.parametrize("module", [streaming_export, streaming_export_broken])
async def test_a_quick_client_gets_all_of_it(serve, engine, ann, module):
    ids = await issue(engine, ann, *[START + n * DAY for n in range(5)])
    client = await serve(module.invoice_export)

    rows = read(await client.get("/invoices.csv"))

    assert [row["id"] for row in rows] == [str(each) for each in reversed(ids)]
    assert rows[0]["total"] == "1.000"


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
async def test_every_invoice_is_there_once_however_many(
    client, engine, ann, two_a_page, count
):
    ids = await issue(engine, ann, *[START] * count) if count else []

    rows = read(await client.get("/invoices.csv"))

    assert sorted(row["id"] for row in rows) == sorted(map(str, ids))


async def test_a_file_is_of_what_was_asked_for(client, engine, ann):
    await issue(engine, ann, START)
    [wanted] = await issue(engine, await buyer(engine, "Bob"), START)
    [row] = await all_of(engine, InvoiceRow.id == wanted)

    response = await client.get(
        "/invoices.csv", params={"buyer_id": str(row.buyer_id)}
    )

    assert [each["buyer"] for each in read(response)] == ["Bob"]
    refused = await client.get("/invoices.csv", params={"buyer": "Bob"})
    assert refused.status_code == 422
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "invoices.csv" in response.headers["content-disposition"]


async def all_of(engine, *criteria):
    return [
        row async for page in invoice_pages(engine, *criteria) for row in page
    ]


async def test_what_changes_meanwhile_moves_nothing_else(
    engine, ann, two_a_page
):
    ids = await issue(engine, ann, *[START + n * DAY for n in range(6)])
    pages = invoice_pages(engine)
    found = [row.id for row in await anext(pages)]

    await issue(engine, ann, START + 99 * DAY)
    async with engine.begin() as connection:
        await connection.execute(
            delete(InvoiceRow).where(InvoiceRow.id.in_([ids[4], ids[3]]))
        )
        await connection.execute(update(InvoiceRow).values(total=7))
    async for rows in pages:
        found += [row.id for row in rows]

    assert found == [ids[5], ids[4], ids[2], ids[1], ids[0]]


async def test_a_page_is_read_when_the_one_before_is_gone(
    engine, ann, two_a_page
):
    await issue(engine, ann, *[START] * 6)
    statements = []

    def note(*arguments):
        statements.append(arguments[2])

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    pages = invoice_pages(engine)
    for number in (1, 2, 3):
        await anext(pages)
        assert len(statements) == number
        assert engine.pool.checkedout() == 0
    await pages.aclose()


async def test_a_database_that_is_away_is_an_error_and_no_empty_file(
    serve, engine, one_connection
):
    app = FastAPI()
    app.include_router(invoice_export)
    client = await serve(app)
    app.state.engine = one_connection
    async with one_connection.connect():
        response = await client.get("/invoices.csv")

    assert response.status_code == 503


async def test_a_file_that_breaks_off_does_not_look_whole(
    client, engine, ann, two_a_page, monkeypatch
):
    await issue(engine, ann, *[START] * 4)
    lines = streaming_export.csv_lines
    broken = iter([lines])

    def breaks_off(rows):
        return next(broken)(rows)

    monkeypatch.setattr(streaming_export, "csv_lines", breaks_off)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get("/invoices.csv")


MANY = """
insert into invoices (buyer_id, currency, total)
select cast(:buyer_id as uuid), 'EUR', 1 from generate_series(1, 5000)
"""


async def test_a_client_that_leaves_leaves_no_connection_behind(
    client, engine, ann
):
    async with engine.begin() as connection:
        await connection.execute(text(MANY), {"buyer_id": ann})

    async with client.stream("GET", "/invoices.csv") as response:
        await anext(response.aiter_bytes())

    await async_until(lambda: engine.pool.checkedout() == 0)


@pytest.mark.parametrize(
    "name",
    [
        "=HYPERLINK(A1)",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r1",
        "\n1",
        "\uff1d1",
    ],
)
async def test_no_cell_is_a_formula(client, engine, ann, name):
    async with engine.begin() as connection:
        await connection.execute(update(BuyerRow).values(name=name))
    await issue(engine, ann, START)

    [row] = read(await client.get("/invoices.csv"))

    assert row["buyer"] == f"'{name}"


@pytest.mark.parametrize(
    ("name", "harmless"),
    [
        ("Ann;=1+1;", "Ann;'=1+1;"),
        ("Ann;;@x", "Ann;;'@x"),
        ("Ann\n=1", "Ann\n'=1"),
        ("=1;=2\r\n-3", "'=1;'=2\r'\n'-3"),
        ("Ann; Ben=1", "Ann; Ben=1"),
    ],
)
def test_no_cell_is_one_where_semicolons_separate_them(name, harmless):
    assert inert(name) == harmless


@pytest.mark.parametrize(
    "name", ['A "quoted", name', "two\nlines", "Ann=1", "", "Ünal"]
)
async def test_any_other_text_comes_as_it_is(client, engine, ann, name):
    async with engine.begin() as connection:
        await connection.execute(update(BuyerRow).values(name=name))
    await issue(engine, ann, START)

    [row] = read(await client.get("/invoices.csv"))

    assert row["buyer"] == name == inert(name)
