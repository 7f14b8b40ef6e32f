"""A rule over many rows: two invoices at once, many at once, other writers."""

import asyncio
from collections import Counter
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.code_style.error_outcomes import outcome_of
from snippets.database_patterns import (
    credit_limit,
    credit_limit_broken,
    credit_limit_snapshot_broken,
)
from snippets.database_patterns.credit_limit import CreditLimitError
from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceRow,
    InvoiceStatus,
)
from snippets.domain_driven_design.money import CurrencyMismatchError, Money
from tests.support.twins import fix_and_twin

LIMIT = Money.of(100, "EUR")
TWO_ORDERS = "A buyer with a credit of 100 euros owes 120"
every_module = pytest.mark.parametrize(
    "module",
    [credit_limit, credit_limit_broken, credit_limit_snapshot_broken],
)


def euros(amount):
    return Money.of(amount, "EUR")


async def new_buyer(engine):
    async with AsyncSession(engine) as session, session.begin():
        buyer = BuyerRow(email=f"{uuid4()}@example.com", name="Ann")
        session.add(buyer)
        await session.flush()
        return buyer.id


@pytest.fixture
async def buyer(engine):
    return await new_buyer(engine)


async def owed(engine, buyer_id):
    async with AsyncSession(engine) as session:
        return await session.scalar(
            select(func.sum(InvoiceRow.total)).where(
                InvoiceRow.buyer_id == buyer_id
            )
        )


@pytest.fixture
def two_meet(engine):
    """The first two invoices are written when both callers have checked."""
    both_have_checked, writers = asyncio.Barrier(2), []

    def before_write(connection, cursor, statement, *_):
        if statement.startswith("INSERT INTO invoices") and len(writers) < 2:
            writers.append(statement)
            connection.connection.dbapi_connection.run_async(
                lambda _: both_have_checked.wait()
            )

    event.listen(engine.sync_engine, "before_cursor_execute", before_write)


async def bill_twice(module, engine, buyer):
    return await asyncio.gather(
        module.bill(engine, buyer, euros(60), LIMIT),
        module.bill(engine, buyer, euros(60), LIMIT),
        return_exceptions=True,
    )


@fix_and_twin("module", credit_limit, credit_limit_broken, TWO_ORDERS)
async def test_two_orders_at_once_stay_within_the_limit(
    engine, buyer, two_meet, module
):
    outcomes = await bill_twice(module, engine, buyer)

    assert CreditLimitError in map(type, outcomes)
    assert await owed(engine, buyer) == 60


@fix_and_twin("module", credit_limit, credit_limit_snapshot_broken, TWO_ORDERS)
async def test_a_snapshot_is_no_substitute(engine, buyer, two_meet, module):
    outcomes = await bill_twice(module, engine, buyer)

    assert CreditLimitError in map(type, outcomes)
    assert await owed(engine, buyer) == 60


@every_module
async def test_one_order_after_the_other_stays_within_the_limit(
    engine, buyer, module
):
    await module.bill(engine, buyer, euros(60), LIMIT)
    with pytest.raises(CreditLimitError, match=r"100\.00 EUR"):
        await module.bill(engine, buyer, euros("40.01"), LIMIT)
    await module.bill(engine, buyer, euros(40), LIMIT)

    assert await owed(engine, buyer) == 100


async def test_the_refusal_is_for_the_caller(engine, buyer):
    with pytest.raises(CreditLimitError) as caught:
        await credit_limit.bill(engine, buyer, euros(101), LIMIT)

    told = outcome_of(caught.value)
    assert (told.status, told.code) == (422, "credit-limit")


async def test_of_twelve_orders_at_once_as_many_pass_as_fit(engine, buyer):
    bills = [
        credit_limit.bill(engine, buyer, euros(30), LIMIT) for _ in range(12)
    ]
    outcomes = await asyncio.gather(*bills, return_exceptions=True)

    kinds = Counter(type(outcome).__name__ for outcome in outcomes)
    assert kinds == {"UUID": 3, "CreditLimitError": 9}
    assert await owed(engine, buyer) == 90


async def test_eight_buyers_at_once_are_all_billed(engine):
    """What PostgreSQL refuses needlessly is run again like the rest.

    No attempt fails but beside another's commit: eight end within ten.
    """
    buyers = [await new_buyer(engine) for _ in range(8)]
    await asyncio.gather(
        *(credit_limit.bill(engine, each, LIMIT, LIMIT) for each in buyers)
    )

    assert [await owed(engine, each) for each in buyers] == [100] * 8


async def test_what_is_paid_or_in_another_currency_is_not_owed(engine, buyer):
    async with AsyncSession(engine) as session, session.begin():
        for status, currency in [
            (InvoiceStatus.PAID, "EUR"),
            (InvoiceStatus.VOID, "EUR"),
            (InvoiceStatus.OPEN, "USD"),
        ]:
            session.add(
                InvoiceRow(
                    buyer_id=buyer, status=status, currency=currency, total=90
                )
            )
    await credit_limit.bill(engine, buyer, euros(100), LIMIT)


async def test_a_writer_at_a_lower_level_is_not_seen(engine, buyer, two_meet):
    """SERIALIZABLE is a promise among transactions that have it."""

    async def bill_at_default_level():
        async with AsyncSession(engine) as session, session.begin():
            session.add(InvoiceRow(buyer_id=buyer, currency="EUR", total=60))

    await asyncio.gather(
        credit_limit.bill(engine, buyer, euros(60), LIMIT),
        bill_at_default_level(),
    )

    assert await owed(engine, buyer) == 120


async def test_amounts_of_two_currencies_are_not_compared(engine, buyer):
    with pytest.raises(CurrencyMismatchError):
        await credit_limit.bill(engine, buyer, Money.of(1, "USD"), LIMIT)


async def test_an_invoice_below_zero_makes_no_room(engine, buyer):
    with pytest.raises(IntegrityError, match="total"):
        await credit_limit.bill(engine, buyer, euros(-60), LIMIT)


async def test_the_invoice_is_as_it_was_asked_for(engine, buyer):
    id_ = await credit_limit.bill(engine, buyer, euros("9.99"), LIMIT)

    async with AsyncSession(engine) as session:
        invoice = await session.get_one(InvoiceRow, id_)
    assert (invoice.buyer_id, invoice.total) == (buyer, Decimal("9.990"))
    assert invoice.currency == "EUR"


@pytest.mark.parametrize(
    ("what", "total"), [("the buyer", 60), ("the invoices", 120)]
)
async def test_a_lock_helps_where_there_is_a_row_for_the_rule(
    engine, buyer, what, total
):
    """Of the buyer there is one; of the invoices, the one that matters is not
    there yet.
    """
    rows = {
        "the buyer": select(BuyerRow).filter_by(id=buyer),
        "the invoices": select(InvoiceRow).filter_by(buyer_id=buyer),
    }
    both_have_checked, checked = asyncio.Barrier(2), []

    async def bill():
        async with AsyncSession(engine) as session, session.begin():
            await session.execute(rows[what].with_for_update())
            owed = await session.scalar(
                select(func.sum(InvoiceRow.total)).filter_by(buyer_id=buyer)
            )
            if what == "the invoices":
                await both_have_checked.wait()
            checked.append(owed)
            if owed is None:
                session.add(
                    InvoiceRow(buyer_id=buyer, currency="EUR", total=60)
                )

    await asyncio.gather(bill(), bill())

    assert len(checked) == 2
    assert await owed(engine, buyer) == total
