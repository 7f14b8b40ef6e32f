"""Savepoint: what a refusal undoes, what stands, and whose error it is."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InvalidRequestError,
    MissingGreenlet,
    PendingRollbackError,
)
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.database_patterns import (
    savepoint,
    savepoint_broken,
    savepoint_swallowed_broken,
)
from snippets.database_patterns.models import BuyerRow, InvoiceRow
from snippets.database_patterns.savepoint import VoucherRow
from tests.support.databases import UNSTORABLE
from tests.support.twins import fix_and_twin

every_module = pytest.mark.parametrize(
    "module", [savepoint, savepoint_broken, savepoint_swallowed_broken]
)


@pytest.fixture
async def buyers(engine):
    """Two, and a voucher for one of them, and one for ten."""
    async with AsyncSession(engine) as session, session.begin():
        session.add(VoucherRow(code="ONCE", uses_left=1))
        session.add(VoucherRow(code="TEN", uses_left=10))
        buyers = [
            BuyerRow(email=f"{name}@example.com", name=name)
            for name in ("Ann", "Bob")
        ]
        session.add_all(buyers)
        await session.flush()
        return [buyer.id for buyer in buyers]


async def redeem(engine, code, buyer, module=savepoint):
    async with AsyncSession(engine) as session, session.begin():
        return await module.redeem(session, code, buyer)


async def uses_left(engine, code):
    async with AsyncSession(engine) as session:
        return (await session.get_one(VoucherRow, code)).uses_left


async def invoices(engine):
    async with AsyncSession(engine) as session:
        return len((await session.scalars(select(InvoiceRow.id))).all())


async def order_with_voucher(engine, module, code, buyer):
    """A voucher that is refused, after an invoice that was flushed."""
    await redeem(engine, code, buyer)
    async with AsyncSession(engine) as session:
        session.add(InvoiceRow(buyer_id=buyer, currency="EUR", total=5))
        await session.flush()
        redeemed = await module.redeem(session, code, buyer)
        await session.commit()
    assert not redeemed


used_up_or_used = pytest.mark.parametrize("code", ["ONCE", "TEN"])


@used_up_or_used
@fix_and_twin(
    "module",
    savepoint,
    savepoint_broken,
    "The customer gets an order number, and no order is stored",
)
async def test_a_refused_voucher_does_not_cost_the_order(
    engine, buyers, module, code
):
    await order_with_voucher(engine, module, code, buyers[0])
    assert await invoices(engine) == 1


@used_up_or_used
@fix_and_twin(
    "module",
    savepoint,
    savepoint_swallowed_broken,
    "The commit reports success, and no order is stored",
)
async def test_what_is_committed_is_stored(engine, buyers, module, code):
    await order_with_voucher(engine, module, code, buyers[0])
    assert await invoices(engine) == 1


async def test_psycopg_reports_success_as_well(engine, buyers):
    url = engine.url.set(drivername="postgresql+psycopg")
    other = create_async_engine(url)
    await order_with_voucher(
        other, savepoint_swallowed_broken, "TEN", buyers[0]
    )
    await other.dispose()
    assert await invoices(engine) == 0


async def test_after_a_swallowed_error_a_statement_would_say_so(engine, buyers):
    await redeem(engine, "ONCE", buyers[0])
    async with AsyncSession(engine) as session:
        await savepoint_swallowed_broken.redeem(session, "ONCE", buyers[0])
        with pytest.raises(DBAPIError, match="transaction is aborted"):
            await session.execute(text("select 1"))


async def test_where_begin_owns_the_transaction_the_twin_is_loud(
    engine, buyers
):
    await redeem(engine, "ONCE", buyers[0])

    async def order():
        async with AsyncSession(engine) as session, session.begin():
            await savepoint_broken.redeem(session, "ONCE", buyers[0])
            session.add(InvoiceRow(buyer_id=buyers[0], currency="EUR", total=5))
            await session.flush()

    with pytest.raises(InvalidRequestError, match="closed transaction"):
        await order()


@every_module
async def test_a_voucher_is_used_up(engine, buyers, module):
    used = [await redeem(engine, "ONCE", buyer, module) for buyer in buyers]

    assert used == [True, False]
    assert await uses_left(engine, "ONCE") == 0


@every_module
async def test_a_refusal_undoes_the_use(engine, buyers, module):
    used = [await redeem(engine, "TEN", buyers[0], module) for _ in range(3)]

    assert used == [True, False, False]
    assert await uses_left(engine, "TEN") == 9


@every_module
async def test_there_is_no_such_voucher(engine, buyers, module):
    assert not await redeem(engine, "NONE", buyers[0], module)


async def test_twice_in_one_transaction_is_refused_too(engine, buyers):
    async with AsyncSession(engine) as session, session.begin():
        used = [
            await savepoint.redeem(session, "TEN", buyers[0]) for _ in range(2)
        ]
    assert used == [True, False]
    assert await uses_left(engine, "TEN") == 9


async def test_of_many_at_once_as_many_succeed_as_there_are_uses(
    engine, buyers
):
    used = await asyncio.gather(
        *(
            redeem(engine, code, buyer)
            for code in ("ONCE", "TEN")
            for buyer in buyers * 3
        )
    )
    assert used[:6].count(True) == 1
    assert used[6:].count(True) == 2
    assert await uses_left(engine, "ONCE") == 0
    assert await uses_left(engine, "TEN") == 8


async def test_an_error_of_the_caller_s_is_no_refusal(engine, buyers):
    """What is not written yet is written before the savepoint is set."""

    async def order():
        async with AsyncSession(engine) as session, session.begin():
            session.add(
                InvoiceRow(buyer_id=buyers[0], currency="EUR", total=-1)
            )
            await savepoint.redeem(session, "TEN", buyers[0])

    with pytest.raises(IntegrityError, match="ck_invoices_total"):
        await order()

    assert await uses_left(engine, "TEN") == 10


async def test_begin_nested_flushes_before_it_sets_the_savepoint(
    engine, buyers
):
    """So that error ends the whole transaction, within whatever try."""
    async with AsyncSession(engine) as session:
        session.add(InvoiceRow(buyer_id=buyers[0], currency="EUR", total=-1))
        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                pass
        with pytest.raises(PendingRollbackError):
            await session.execute(text("select 1"))


async def test_a_buyer_who_is_not_there_is_an_error(engine, buyers):
    with pytest.raises(IntegrityError, match="redemptions_buyer_id_fkey"):
        await redeem(engine, "TEN", UUID(int=7))


@pytest.mark.parametrize("code", UNSTORABLE)
async def test_what_no_table_can_hold_is_no_voucher(engine, buyers, code):
    assert not await redeem(engine, code, buyers[0])


async def test_after_a_refusal_what_was_read_before_can_be_read(engine, buyers):
    """And what was changed since the savepoint must be fetched anew."""
    await redeem(engine, "ONCE", buyers[0])
    async with AsyncSession(engine) as session, session.begin():
        before, within = [
            await session.get_one(BuyerRow, buyer) for buyer in buyers
        ]
        before.name = "Ann Miller"
        assert not await savepoint.redeem(session, "ONCE", buyers[1])
        assert before.name == "Ann Miller"

        nested = await session.begin_nested()
        within.name = "Bob Miller"
        await session.flush()
        await nested.rollback()
        with pytest.raises(MissingGreenlet):
            _ = within.name


async def test_what_was_redeemed_is_not_deleted(engine, buyers):
    await redeem(engine, "TEN", buyers[0])
    async with AsyncSession(engine) as session:
        await session.delete(await session.get_one(VoucherRow, "TEN"))
        with pytest.raises(IntegrityError, match="redemptions_code_fkey"):
            await session.flush()
