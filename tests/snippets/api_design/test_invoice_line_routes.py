"""Bounded types at the edge: hostile values are the client's mistake."""

import asyncio
import json
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design import invoice_line_routes, invoice_line_routes_broken
from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceLineRow,
    InvoiceRow,
)
from tests.support.twins import fix_and_twin

LINE = {"sku": "TEA-1", "quantity": 2, "unit_price": 4.9}
both = pytest.mark.parametrize(
    "module", [invoice_line_routes, invoice_line_routes_broken]
)
fix_and_types_of_python = fix_and_twin(
    "module",
    invoice_line_routes,
    invoice_line_routes_broken,
    "Anybody can have the service answer 500, and call somebody at night.",
)


@pytest.fixture
async def invoice(engine):
    """The address of an invoice."""
    async with AsyncSession(engine) as session, session.begin():
        session.add(buyer := BuyerRow(email="ann@shop.example", name="Ann"))
        await session.flush()
        row = InvoiceRow(buyer_id=buyer.id, currency="EUR", total=0)
        session.add(row)
        await session.flush()
        return f"/invoices/{row.id}"


@pytest.fixture
def put(serve):
    """``await put(module, path, body)``: the status; a body may be JSON."""
    clients = {}

    async def put(module, path, body):
        if module not in clients:
            clients[module] = await serve(module.invoice_lines)
        text = body if isinstance(body, str) else json.dumps(body)
        answer = await clients[module].put(
            path, content=text, headers={"Content-Type": "application/json"}
        )
        return answer.status_code

    return put


@pytest.fixture
def lines(engine):
    async def lines():
        async with AsyncSession(engine) as session:
            rows = await session.scalars(select(InvoiceLineRow))
            return [(row.sku, row.quantity, row.unit_price) for row in rows]

    return lines


@both
async def test_what_makes_sense_is_stored(put, invoice, lines, module):
    assert await put(module, f"{invoice}/lines/1", LINE) == 204
    assert await put(module, f"{invoice}/lines/1", LINE) == 204
    assert await lines() == [("TEA-1", 2, Decimal("4.9"))]


@both
async def test_details_are_any_json(put, invoice, engine, module):
    details = {"gift": True, "notes": ["\u00e9\u4e2d\U0001f375", None, 1.5]}
    assert await put(module, f"{invoice}/details", details) == 204
    async with AsyncSession(engine) as session:
        assert await session.scalar(select(InvoiceRow.details)) == details


@fix_and_types_of_python
@pytest.mark.parametrize(
    "line",
    [
        {"sku": "TEA\0"},
        {"quantity": 2**31},
        {"quantity": 10**30},
        {"unit_price": 10**15},
        {"unit_price": float("inf")},
    ],
)
async def test_no_line_is_an_error_of_ours(put, invoice, lines, module, line):
    assert await put(module, f"{invoice}/lines/1", LINE | line) == 422
    assert await lines() == []


@fix_and_types_of_python
async def test_no_path_is_an_error_of_ours(put, invoice, module):
    for position in (2**31, -(2**31) - 1, 10**30):
        assert await put(module, f"{invoice}/lines/{position}", LINE) == 422


@fix_and_types_of_python
@pytest.mark.parametrize(
    "details",
    ['{"a": "\\u0000"}', '{"\\ud800": 1}', '{"a": [NaN]}', '{"a": -1e400}'],
)
async def test_no_json_is_an_error_of_ours(put, invoice, module, details):
    assert await put(module, f"{invoice}/details", details) == 422


HOSTILE = [
    ("sku", '"\\ud800"'),
    ("sku", '" "'),
    ("sku", json.dumps("x" * 201)),
    ("sku", "1"),
    ("sku", "null"),
    ("quantity", "0"),
    ("quantity", "true"),
    ("quantity", '"2"'),
    ("quantity", "1.5"),
    ("quantity", "NaN"),
    ("unit_price", "NaN"),
    ("unit_price", '"sNaN"'),
    ("unit_price", "-0.01"),
    ("unit_price", "1e12"),
    ("unit_price", "1e400"),
    ("unit_price", '"1e999999999999999999999"'),
    ("unit_price", '"1e-400"'),
    ("unit_price", '"0e999999999"'),
    ("unit_price", '"0e-999999999"'),
    ("unit_price", '"1e3"'),
    ("unit_price", "0.0001"),
    ("unit_price", "true"),
    ("sale", "1"),
]


async def test_whatever_is_in_a_field_the_answer_is_422(put, invoice, lines):
    for field, value in HOSTILE:
        line = json.dumps(LINE | {field: None}).replace("null", value)
        status = await put(invoice_line_routes, f"{invoice}/lines/1", line)
        assert status == 422, value
    assert await lines() == []


PRICES = [
    ("0", "0"),
    ("-0", "0"),
    ('"4.90"', "4.9"),
    ("1e11", "100000000000"),
    ("999999999999.999", "999999999999.999"),
    ("0.1", "0.1"),
]


async def test_a_price_that_passes_can_be_stored(put, invoice, lines):
    for price, stored in PRICES:
        line = json.dumps(LINE | {"unit_price": None}).replace("null", price)
        status = await put(invoice_line_routes, f"{invoice}/lines/1", line)
        assert status == 204, price
        assert [row[2] for row in await lines()] == [Decimal(stored)]


async def test_every_position_that_a_column_holds_is_one(put, invoice):
    for position in (2**31 - 1, -(2**31), 0):
        path = f"{invoice}/lines/{position}"
        assert await put(invoice_line_routes, path, LINE) == 204


async def test_what_is_no_position_is_refused(put, invoice):
    for position in ("1.5", "NaN", "1e3", "%00", "%ff", "x", "%EF%BC%91", " "):
        path = f"{invoice}/lines/{position}"
        assert await put(invoice_line_routes, path, LINE) == 422, position


async def test_no_depth_of_json_is_an_error_of_ours(put, invoice):
    for start, end in (("[", "]"), ('{"a":', "}")):
        for depth in (1, 100, 250, 300, 5_000, 100_000):
            details = f'{{"a": {start * depth}1{end * depth}}}'
            status = await put(
                invoice_line_routes, f"{invoice}/details", details
            )
            wanted = {204} if depth <= 250 else {400, 422}
            assert status in wanted, depth


async def test_no_length_of_a_number_is_an_error_of_ours(put, invoice):
    for digits in (4_300, 4_301, 100_000):
        number = "9" * digits
        details = f'{{"a": {number}}}'
        line = json.dumps(LINE).replace("4.9", number)
        for path, body in (("details", details), ("lines/1", line)):
            status = await put(invoice_line_routes, f"{invoice}/{path}", body)
            assert status in {204, 400, 422}, digits


async def test_many_at_once_write_one_line(put, invoice, lines):
    path = f"{invoice}/lines/1"
    await put(invoice_line_routes, path, LINE)
    statuses = await asyncio.gather(
        *(put(invoice_line_routes, path, LINE) for _ in range(8))
    )
    assert set(statuses) == {204}
    assert len(await lines()) == 1


async def test_an_invoice_that_is_not_there_has_no_lines(put, invoice):
    path = f"/invoices/{uuid4()}"
    assert await put(invoice_line_routes, f"{path}/lines/1", LINE) == 404
    assert await put(invoice_line_routes, f"{path}/details", {}) == 404
