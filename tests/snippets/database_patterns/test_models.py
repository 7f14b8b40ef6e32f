"""Typed models: what the database fills in, and what it refuses."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec, module_from_spec

import pytest
from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    UniqueConstraint,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import (
    CompileError,
    DBAPIError,
    IntegrityError,
    MissingGreenlet,
)
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.schema import DropConstraint

from snippets.database_patterns import models
from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceLineRow,
    InvoiceRow,
    InvoiceStatus,
)
from tests.support.twins import fix_and_twin

ROWS = (BuyerRow, InvoiceRow, InvoiceLineRow)


def either(reason, raises=AssertionError):
    return fix_and_twin(
        "name", "models", "models_broken", reason, raises=raises
    )


@pytest.fixture
def module(name):
    """The twin is executed anew: it is wrong in what it declares."""
    if name == "models":
        return models
    spec = find_spec(f"snippets.database_patterns.{name}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def session(asyncpg_url, module):
    """In a database with the module's tables, made in an earlier transaction.

    It keeps its objects at a commit, as async code does.
    """
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(module.BuyerRow.metadata.create_all)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session
    await engine.dispose()


@pytest.fixture
def in_new_york(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


async def add_buyer(session, module, **values):
    values = {"email": "ann@example.com", "name": "Ann"} | values
    buyer = module.BuyerRow(**values)
    session.add(buyer)
    await session.flush()
    return buyer


async def add_invoice(session, module, **values):
    if "buyer_id" not in values:
        values["buyer_id"] = (await add_buyer(session, module)).id
    invoice = module.InvoiceRow(**{"currency": "EUR", "total": 3} | values)
    session.add(invoice)
    await session.flush()
    return invoice


@either("All buyers signed up in the moment in which the table was created")
async def test_a_row_is_dated_when_it_is_inserted(session, module):
    buyer = await add_buyer(session, module)

    now = await session.scalar(select(func.now()))  # of this transaction
    assert buyer.created_at == now


@either("Of two invoices of one moment, one is dated hours before the other")
async def test_an_instant_is_the_same_in_every_zone(session, module):
    first = await add_invoice(session, module)
    await session.execute(
        text("select set_config('TimeZone', 'America/New_York', true)")
    )
    second = await add_invoice(session, module, buyer_id=first.buyer_id)

    assert first.issued_at == second.issued_at  # now(), of one transaction


@either(
    "500: can't subtract offset-naive and offset-aware datetimes", DBAPIError
)
async def test_an_aware_time_is_taken_and_given_back(session, module):
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)

    invoice = await add_invoice(session, module, issued_at=noon)

    await session.refresh(invoice)
    assert invoice.issued_at == noon


@either(
    "The new name is stored and the answer is 500: MissingGreenlet",
    MissingGreenlet,
)
async def test_a_changed_row_can_be_shown(session, module):
    buyer = await add_buyer(session, module)
    await session.commit()

    buyer.name = "Anna"
    await session.commit()

    assert buyer.updated_at != buyer.created_at


@either('invalid input value for enum invoicestatus: "open"', DBAPIError)
async def test_whoever_writes_sql_asks_for_the_values(session, module):
    invoice = await add_invoice(session, module)

    found = await session.scalar(
        text("select id from invoices where status = 'open'")
    )

    assert found == invoice.id


@either(
    "The migration that drops the foreign key fails: it has no name",
    CompileError,
)
def test_a_migration_can_name_what_it_drops(module):
    (key,) = module.InvoiceRow.__table__.foreign_key_constraints

    assert key.name in str(DropConstraint(key))


@pytest.mark.parametrize("name", ["models", "models_broken"])
async def test_what_is_stored_is_read_back(session, module):
    invoice = await add_invoice(session, module)
    await session.commit()
    session.expunge_all()

    found = await session.get_one(module.InvoiceRow, invoice.id)

    assert found.status is module.InvoiceStatus.OPEN
    assert (found.currency, found.total) == ("EUR", 3)


@pytest.mark.parametrize("name", ["models"])
class TestFix:
    async def test_the_database_fills_in_what_is_left_out(
        self, session, module
    ):
        invoice = await add_invoice(session, module)

        assert invoice.id.version == 7
        assert invoice.issued_at.utcoffset() is not None
        assert invoice.status is InvoiceStatus.OPEN
        assert invoice.details == {}

    async def test_ids_grow_with_time(self, session, module):
        ids = [
            (await add_buyer(session, module, email=f"{number}@example.com")).id
            for number in range(20)
        ]

        assert ids == sorted(ids)

    async def test_a_statement_of_sqlalchemys_dates_its_change_too(
        self, session, module
    ):
        buyer = await add_buyer(session, module)
        await session.commit()

        await session.execute(update(BuyerRow).values(name="Anna"))

        await session.refresh(buyer)
        assert buyer.updated_at != buyer.created_at

    async def test_of_several_changed_rows_each_can_be_shown(
        self, session, module
    ):
        buyers = [
            await add_buyer(session, module, email=f"{number}@example.com")
            for number in range(3)
        ]
        await session.commit()

        for buyer in buyers:
            buyer.name = "Anna"
        await session.commit()

        assert all(each.updated_at != each.created_at for each in buyers)

    async def test_sql_of_your_own_does_not(self, session, module):
        buyer = await add_buyer(session, module)
        await session.commit()

        await session.execute(text("update buyers set name = 'Anna'"))

        await session.refresh(buyer)
        assert (buyer.name, buyer.updated_at) == ("Anna", buyer.created_at)

    async def test_a_status_needs_a_migration_before_the_code(
        self, session, module
    ):
        invoice = await add_invoice(session, module)
        await session.commit()
        late = "update invoices set status = 'overdue'"
        with pytest.raises(DBAPIError, match="invalid input value for enum"):
            await session.execute(text(late))
        await session.rollback()

        await session.execute(
            text("alter type invoice_status add value 'overdue'")
        )
        await session.commit()
        await session.execute(text(late))

        with pytest.raises(LookupError, match="'overdue' is not among"):
            await session.refresh(invoice)

    async def test_a_naive_time_is_taken_for_local_time(
        self, session, module, in_new_york
    ):
        noon = datetime(2026, 11, 27, 12)  # noqa: DTZ001 - the subject

        invoice = await add_invoice(session, module, issued_at=noon)

        await session.refresh(invoice)
        assert invoice.issued_at == datetime(2026, 11, 27, 17, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("values", "constraint"),
        [
            ({"total": Decimal("-0.01")}, "ck_invoices_total"),
            ({"total": Decimal("NaN")}, "ck_invoices_total"),
            ({"details": []}, "ck_invoices_meta"),
            ({"details": None}, "ck_invoices_meta"),
        ],
    )
    async def test_a_refusal_names_the_constraint(
        self, session, module, values, constraint
    ):
        with pytest.raises(IntegrityError) as refused:
            await add_invoice(session, module, **values)

        assert refused.value.orig.__cause__.constraint_name == constraint

    @pytest.mark.parametrize(
        ("quantity", "unit_price", "constraint"),
        [
            (0, 1, "ck_invoice_lines_quantity"),
            (1, -1, "ck_invoice_lines_unit_price"),
            (1, Decimal("NaN"), "ck_invoice_lines_unit_price"),
        ],
    )
    async def test_so_does_that_of_a_line(
        self, session, module, quantity, unit_price, constraint
    ):
        invoice = await add_invoice(session, module)

        with pytest.raises(IntegrityError, match=constraint):
            await session.execute(
                insert(InvoiceLineRow).values(
                    invoice_id=invoice.id,
                    position=1,
                    sku="TEA-1",
                    quantity=quantity,
                    unit_price=unit_price,
                )
            )

    async def test_an_address_is_one_buyers(self, session, module):
        await add_buyer(session, module)

        with pytest.raises(IntegrityError, match="uq_buyers_email"):
            await add_buyer(session, module)

    async def test_what_has_too_many_decimals_is_rounded(self, session, module):
        invoice = await add_invoice(session, module, total=Decimal("1.0005"))

        await session.refresh(invoice)
        assert invoice.total == Decimal("1.001")


def test_each_constraint_but_the_primary_key_has_a_name():
    kinds = (CheckConstraint, ForeignKeyConstraint, UniqueConstraint)
    constraints = [
        each
        for row in ROWS
        for each in row.__table__.constraints
        if isinstance(each, kinds)
    ]

    assert len(constraints) == 7
    assert all(each.name for each in constraints)
