"""JSON column: merged by PostgreSQL, whoever else is merging."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import JSON, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from snippets.code_style.errors import NotFoundError
from snippets.database_patterns import (
    json_column,
    json_column_broken,
    json_column_rewrite_broken,
)
from snippets.database_patterns.json_column import add_details
from snippets.database_patterns.models import BuyerRow, InvoiceRow
from tests.support.twins import fix_and_twin


@pytest.fixture
async def invoice_id(engine):
    """Of an invoice whose details are ``{"order": "A-1"}``."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        buyer = BuyerRow(email="ann@example.com", name="Ann")
        session.add(buyer)
        await session.flush()
        invoice = InvoiceRow(
            buyer_id=buyer.id,
            currency="EUR",
            total=3,
            details={"order": "A-1"},
        )
        session.add(invoice)
        await session.commit()
    return invoice.id


async def stored(engine, invoice_id):
    async with AsyncSession(engine) as session:
        return (await session.get_one(InvoiceRow, invoice_id)).details


@fix_and_twin(
    "module",
    json_column,
    json_column_broken,
    "The answer shows the new detail, and the database never gets it",
)
async def test_what_was_added_is_stored(engine, invoice_id, module):
    async with AsyncSession(engine) as session, session.begin():
        answer = await module.add_details(session, invoice_id, {"vat": "DE1"})

    assert answer == {"order": "A-1", "vat": "DE1"}
    assert await stored(engine, invoice_id) == answer


@fix_and_twin(
    "module",
    json_column,
    json_column_rewrite_broken,
    "Two add a detail at the same time, and one of the details is gone",
)
async def test_two_who_add_at_once_both_keep_theirs(engine, invoice_id, module):
    read = asyncio.Barrier(2)

    async def add(details):
        async with AsyncSession(engine) as session, session.begin():
            await session.get_one(InvoiceRow, invoice_id)
            await read.wait()
            await module.add_details(session, invoice_id, details)

    await asyncio.gather(add({"vat": "DE1"}), add({"po": "4711"}))

    assert await stored(engine, invoice_id) == {
        "order": "A-1",
        "vat": "DE1",
        "po": "4711",
    }


@pytest.mark.parametrize(
    "module", [json_column, json_column_broken, json_column_rewrite_broken]
)
async def test_the_answer_holds_the_old_and_the_new(engine, invoice_id, module):
    async with AsyncSession(engine) as session:
        answer = await module.add_details(session, invoice_id, {"vat": "DE1"})

    assert answer == {"order": "A-1", "vat": "DE1"}


async def test_below_a_key_it_replaces(engine, invoice_id):
    async with AsyncSession(engine) as session, session.begin():
        await add_details(session, invoice_id, {"to": {"city": "Bonn"}})
        await add_details(session, invoice_id, {"to": {"zip": "53111"}})

    assert (await stored(engine, invoice_id))["to"] == {"zip": "53111"}


async def test_an_invoice_that_the_session_has_is_renewed(engine, invoice_id):
    async with AsyncSession(engine) as session, session.begin():
        invoice = await session.get_one(InvoiceRow, invoice_id)
        invoice.currency = "USD"

        await add_details(session, invoice_id, {"vat": "DE1"})

        assert invoice.details == {"order": "A-1", "vat": "DE1"}
        assert invoice.currency == "USD"


@pytest.mark.parametrize(
    ("value", "refusal"),
    [
        (float("nan"), ValueError),
        (float("-inf"), ValueError),
        pytest.param(10**5000, ValueError, id="5001 digits"),
        ("TEA\0", ValueError),
        (["\ud800"], ValueError),
        ({"TEA\0": 1}, ValueError),
        (object(), TypeError),
    ],
)
async def test_what_is_no_json_is_refused_before_it_is_sent(
    engine, invoice_id, value, refusal
):
    async with AsyncSession(engine) as session, session.begin():
        with pytest.raises(refusal):
            await add_details(session, invoice_id, {"note": value})
        await add_details(session, invoice_id, {"note": "went on"})

    assert (await stored(engine, invoice_id))["note"] == "went on"


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -1, 1.5, "", "ü😀", [], {}, [{"a": [None]}], 10**99],
)
async def test_every_json_value_comes_back(engine, invoice_id, value):
    async with AsyncSession(engine) as session, session.begin():
        await add_details(session, invoice_id, {"note": value})

    assert (await stored(engine, invoice_id))["note"] == value


async def test_an_invoice_that_is_not_there_is_said_so(engine, invoice_id):
    async with AsyncSession(engine) as session:
        no_invoice = await session.scalar(select(func.uuidv7()))
        with pytest.raises(NotFoundError):
            await add_details(session, no_invoice, {"vat": "DE1"})


async def test_assigned_anew_the_column_is_written(engine, invoice_id):
    async with AsyncSession(engine) as session, session.begin():
        invoice = await session.get_one(InvoiceRow, invoice_id)
        invoice.details = {**invoice.details, "vat": "DE1"}

    assert await stored(engine, invoice_id) == {"order": "A-1", "vat": "DE1"}


async def test_mutable_dict_sees_the_top_level_only(engine):
    class Base(DeclarativeBase):
        pass

    class Note(Base):
        __tablename__ = "notes"

        id: Mapped[int] = mapped_column(primary_key=True)
        body: Mapped[dict[str, Any]] = mapped_column(
            MutableDict.as_mutable(JSONB)
        )

    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        note = Note(id=1, body={"tags": {"read": []}})
        session.add(note)
        await session.commit()
        note.body["seen"] = True
        await session.commit()
        note.body["tags"]["read"].append("ann")
        await session.commit()
        await session.refresh(note)

    assert note.body == {"seen": True, "tags": {"read": []}}


def test_metadata_is_no_name_for_an_attribute():
    class Base(DeclarativeBase):
        pass

    with pytest.warns(match="Attribute name 'metadata'"):

        class Note(Base):
            __tablename__ = "notes"

            id: Mapped[int] = mapped_column(primary_key=True)
            metadata: Mapped[dict[str, Any]] = mapped_column(JSON)
