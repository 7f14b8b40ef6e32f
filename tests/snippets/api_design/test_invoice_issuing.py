"""POST /invoices over HTTP: sent again, it is answered again."""

import asyncio
from typing import Annotated
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI, Header
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design.invoice_issuing import invoice_issuing
from snippets.database_patterns.models import BuyerRow, InvoiceRow


def caller(x_user: Annotated[UUID, Header()]) -> UUID:
    return x_user


@pytest.fixture
async def client(serve):
    client = await serve(invoice_issuing(caller))
    client.headers["X-User"] = str(uuid4())
    client.headers["Idempotency-Key"] = str(uuid4())
    return client


@pytest.fixture
async def body(engine):
    async with AsyncSession(engine) as session, session.begin():
        buyer = BuyerRow(email="ann@example.com", name="Ann")
        session.add(buyer)
        await session.flush()
        return {"buyer_id": str(buyer.id), "currency": "EUR", "total": "3.10"}


@pytest.fixture
def count(engine):
    async def count():
        async with AsyncSession(engine) as session:
            return await session.scalar(
                select(func.count()).select_from(InvoiceRow)
            )

    return count


async def test_sent_again_it_gets_the_same_answer_marked(client, body, count):
    first = await client.post("/invoices", json=body)
    again = await client.post("/invoices", json=body)

    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers["Location"] == again.headers["Location"]
    assert first.headers["Content-Type"] == again.headers["Content-Type"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert await count() == 1


async def test_twenty_at_once_make_one_invoice(client, body, count):
    responses = await asyncio.gather(
        *(client.post("/invoices", json=body) for _ in range(20))
    )

    assert {response.status_code for response in responses} <= {201, 409}
    told = {r.json()["id"] for r in responses if r.status_code == 201}
    assert len(told) == 1
    assert await count() == 1


async def test_another_user_with_the_key_gets_an_invoice_of_their_own(
    client, body, count
):
    mine = await client.post("/invoices", json=body)
    theirs = await client.post(
        "/invoices", json=body, headers={"X-User": str(uuid4())}
    )

    assert theirs.json()["id"] != mine.json()["id"]
    assert await count() == 2


async def test_another_body_with_the_key_is_refused(client, body, count):
    await client.post("/invoices", json=body)
    response = await client.post("/invoices", json=body | {"total": "9.99"})

    assert response.status_code == 422
    assert response.json()["type"].endswith("/idempotency-key-reused")
    assert await count() == 1


async def test_a_refused_request_may_be_repeated_when_it_is_possible(
    client, engine, body
):
    buyer_id = uuid4()
    body["buyer_id"] = str(buyer_id)
    refused = await client.post("/invoices", json=body)
    async with AsyncSession(engine) as session, session.begin():
        session.add(BuyerRow(id=buyer_id, email="bob@example.com", name="Bob"))
    accepted = await client.post("/invoices", json=body)

    assert refused.status_code == 422
    assert accepted.status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"total": "NaN"},
        {"total": "-1"},
        {"total": "1e400"},
        {"currency": "EUR\0"},
        {"currency": "EUR\n"},
        {"buyer_id": "\0"},
    ],
)
async def test_what_no_invoice_holds_is_refused(client, body, count, change):
    response = await client.post("/invoices", json=body | change)
    assert response.status_code == 422
    assert await count() == 0


async def test_the_documentation_shows_the_answer(client):
    schema = (await client.get("/openapi.json")).json()
    created = schema["paths"]["/invoices"]["post"]["responses"]["201"]
    assert "IssuedInvoice" in str(created["content"])


async def test_the_address_is_below_where_it_was_sent_to(serve, body):
    app = FastAPI()
    app.include_router(invoice_issuing(caller), prefix="/v1")
    client = await serve(app)
    headers = {"X-User": str(uuid4()), "Idempotency-Key": str(uuid4())}
    answer = await client.post("/v1/invoices", json=body, headers=headers)
    assert answer.headers["Location"] == f"/v1/invoices/{answer.json()['id']}"
