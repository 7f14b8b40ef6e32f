"""Bulk: an outcome for each, effects of those that succeeded, and no others."""

import asyncio
from decimal import Decimal
from http.client import responses
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design import bulk_payments, bulk_payments_broken
from snippets.api_design.invoice_payments import InvoicePayment, record_payment
from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceRow,
    InvoiceStatus,
)
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

IN_THE_BOOKS = "A payment that was refused is in the books all the same."


@pytest.fixture
def invoice(engine):
    """``await invoice(…)`` gives the id of a new one of 7 euros."""

    async def invoice(status=InvoiceStatus.OPEN):
        async with AsyncSession(engine) as session, session.begin():
            buyer = await session.scalar(select(BuyerRow))
            if buyer is None:
                buyer = BuyerRow(email="ann@example.com", name="Ann")
                session.add(buyer)
                await session.flush()
            row = InvoiceRow(
                buyer_id=buyer.id, currency="EUR", total=7, status=status
            )
            session.add(row)
            await session.flush()
            return row.id

    return invoice


def payment(invoice_id, amount="7.00", payment_id=None):
    return {
        "id": str(payment_id or uuid4()),
        "invoice_id": str(invoice_id),
        "amount": amount,
    }


@pytest.fixture
def bulk(serve):
    """Send payments; the outcomes."""
    clients = {}

    async def bulk(*payments, module=bulk_payments):
        if module not in clients:
            clients[module] = await serve(module.bulk_payments)
        response = await clients[module].post(
            "/payments/bulk", json={"payments": payments}
        )
        assert response.status_code == 200, response.text
        outcomes = response.json()["outcomes"]
        assert [each["id"] for each in outcomes] == [
            each["id"] for each in payments
        ]
        statuses = [each["status"] for each in outcomes]
        failed = sum(status >= 400 for status in statuses)
        assert response.json()["failed"] == failed
        return outcomes

    return bulk


def statuses(outcomes):
    return [outcome["status"] for outcome in outcomes]


@pytest.fixture
def books(engine):
    """The payments that are recorded."""

    async def books():
        async with engine.connect() as connection:
            ids = await connection.scalars(
                text("select id::text from invoice_payments")
            )
            return {*ids}

    return books


@fix_and_twin("module", bulk_payments, bulk_payments_broken, IN_THE_BOOKS)
async def test_what_is_refused_leaves_no_trace(bulk, books, invoice, module):
    good = payment(await invoice())
    bad = payment(await invoice(InvoiceStatus.VOID))

    outcomes = await bulk(good, bad, module=module)

    assert statuses(outcomes) == [201, 409]
    assert await books() == {good["id"]}


@pytest.mark.parametrize("module", [bulk_payments, bulk_payments_broken])
async def test_what_can_be_done_is_done(bulk, books, invoice, module):
    payments = [payment(await invoice()) for _ in range(3)]
    missing = payment(uuid4())
    outcomes = await bulk(*payments[:2], missing, payments[2], module=module)
    assert statuses(outcomes) == [201, 201, 404, 201]
    assert await books() == {each["id"] for each in payments}


async def test_an_outcome_says_what_was_wrong(bulk, invoice):
    void = await invoice(InvoiceStatus.VOID)
    done, refused = await bulk(payment(await invoice()), payment(void))
    assert "problem" not in done
    assert refused["problem"] == {
        "type": "https://shop.example/problems/conflict",
        "title": responses[409],
        "status": 409,
        "detail": "The invoice is void",
    }


async def test_a_batch_may_be_sent_again(bulk, books, invoice):
    batch = [
        payment(await invoice()),
        payment(await invoice(), "8.00"),
        payment(await invoice()),
    ]
    assert statuses(await bulk(*batch)) == [201, 409, 201]
    batch[1]["amount"] = "7.00"
    assert statuses(await bulk(*batch)) == [200, 201, 200]
    assert len(await books()) == 3


async def test_one_payment_twice_in_a_batch_is_one(bulk, books, invoice):
    earlier, later = sorted([await invoice(), await invoice()])
    once = payment(earlier)
    other = payment(later, payment_id=once["id"])
    outcomes = await bulk(once, once, other)
    assert sorted(statuses(outcomes)) == [200, 201, 409]
    assert await books() == {once["id"]}


async def test_two_payments_of_one_invoice_are_not_both_taken(bulk, invoice):
    owed = await invoice()
    assert statuses(await bulk(payment(owed), payment(owed))) == [201, 409]


async def test_batches_at_once_take_each_payment_once(bulk, books, invoice):
    batch = [payment(await invoice()) for _ in range(10)]
    await bulk(payment(await invoice()))
    answers = await asyncio.gather(
        *(bulk(*order) for order in (batch, batch[::-1], batch, batch[::-1]))
    )
    created = [status for each in answers for status in statuses(each)]
    assert sorted(created) == [200] * 30 + [201] * 10
    assert len(await books()) == 11


async def test_two_batches_do_not_wait_for_each_other(
    bulk, engine, invoice, until_somebody_waits
):
    """The second asks for the later invoice first, and locks the earlier."""
    earlier, later = sorted([await invoice(), await invoice()])
    async with AsyncSession(engine) as first:
        await record_payment(
            first, InvoicePayment(uuid4(), earlier, Decimal(7))
        )
        second = asyncio.create_task(bulk(payment(later), payment(earlier)))
        await until_somebody_waits()
        await record_payment(first, InvoicePayment(uuid4(), later, Decimal(7)))
        await first.commit()
    assert statuses(await second) == [409, 409]


async def test_ids_that_two_batches_give_to_other_invoices_end_one_with_503(
    serve, engine, invoice
):
    client = await serve(bulk_payments.bulk_payments)
    owed = sorted([await invoice() for _ in range(4)])
    ids = uuid4(), uuid4()
    waiting = text(
        "select count(*) = 2 from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )

    async def both_wait():
        async with engine.connect() as connection:
            return await connection.scalar(waiting)

    sent = [
        [(owed[0], ids[0]), (owed[2], ids[1])],
        [(owed[1], ids[1]), (owed[3], ids[0])],
    ]

    def send(pairs):
        payments = [payment(one, payment_id=key) for one, key in pairs]
        return asyncio.create_task(
            client.post("/payments/bulk", json={"payments": payments})
        )

    async with AsyncSession(engine) as holder:
        for later in owed[2:]:
            await holder.get(InvoiceRow, later, with_for_update=True)
        sending = [send(pairs) for pairs in sent]
        await async_until(both_wait)
        await holder.rollback()
    ends = [(await answer).status_code for answer in sending]
    assert sorted(ends) == [200, 503]

    again = await send(sent[ends.index(503)])
    assert statuses(again.json()["outcomes"]) == [409, 409]


@pytest.mark.parametrize("wrong", [[], [{}], [{"id": "x"}], None])
async def test_a_batch_of_a_wrong_form_is_refused_whole(
    serve, books, invoice, wrong
):
    client = await serve(bulk_payments.bulk_payments)
    payments = wrong if wrong in ([], None) else [payment(await invoice())]
    body = {"payments": wrong and payments + wrong}
    response = await client.post("/payments/bulk", json=body)
    assert response.status_code == 422
    assert await books() == set()


async def test_a_batch_has_up_to_a_hundred_payments(serve, invoice):
    client = await serve(bulk_payments.bulk_payments)
    for many, status in ((100, 200), (101, 422)):
        payments = [payment(uuid4()) for _ in range(many)]
        response = await client.post(
            "/payments/bulk", json={"payments": payments}
        )
        assert response.status_code == status
        if status == 200:
            assert response.json()["failed"] == 100


async def test_an_error_of_the_shops_own_undoes_the_batch(
    serve, engine, books, invoice
):
    """What the database cannot do for one item it has done for none."""
    first, second = sorted([await invoice(), await invoice()])
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "alter table invoice_payments"
                f" add check (invoice_id <> '{second}')"
            )
        )
    client = await serve(bulk_payments.bulk_payments)
    body = {"payments": [payment(first), payment(second)]}
    response = await client.post("/payments/bulk", json=body)
    assert response.status_code == 500
    assert await books() == set()


async def test_a_lock_that_is_not_to_be_had_is_a_503(
    serve, engine, books, invoice
):
    owed = await invoice()
    client = await serve(bulk_payments.bulk_payments)
    async with engine.begin() as connection:
        name = await connection.scalar(text("select current_database()"))
        await connection.execute(
            text(f"alter database {name} set lock_timeout = '50ms'")
        )
    await engine.dispose()  # new connections have the setting
    async with AsyncSession(engine) as holder:
        await record_payment(holder, InvoicePayment(uuid4(), owed, Decimal(7)))
        response = await client.post(
            "/payments/bulk", json={"payments": [payment(owed)]}
        )
    assert response.status_code == 503
    assert await books() == set()
