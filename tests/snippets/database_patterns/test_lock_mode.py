"""Lock modes: which exclude each other, who takes which, and not waiting."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.code_style.error_outcomes import outcome_of
from snippets.code_style.errors import NotFoundError
from snippets.database_patterns import lock_mode, lock_mode_broken
from snippets.database_patterns.lock_mode import BeingEditedError
from snippets.database_patterns.models import BuyerRow, InvoiceRow
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize("module", [lock_mode, lock_mode_broken])
MODES = ["KEY SHARE", "SHARE", "NO KEY UPDATE", "UPDATE"]  # from weak to strong
EXCLUDED = {
    "KEY SHARE": {"UPDATE"},
    "SHARE": {"NO KEY UPDATE", "UPDATE"},
    "NO KEY UPDATE": {"SHARE", "NO KEY UPDATE", "UPDATE"},
    "UPDATE": {*MODES},
}


@pytest.fixture
async def buyer(engine):
    async with AsyncSession(engine) as session, session.begin():
        buyer = BuyerRow(email="ann@example.com", name="Ann")
        session.add(buyer)
        await session.flush()
        return buyer.id


async def bill(engine, buyer):
    """Raises DBAPIError with 55P03 where it would have to wait."""
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(text("set local lock_timeout = '100ms'"))
        session.add(InvoiceRow(buyer_id=buyer, currency="EUR", total=1))


@fix_and_twin(
    "module",
    lock_mode,
    lock_mode_broken,
    "Nobody can bill a buyer whose name somebody is editing",
    raises=DBAPIError,
    match="lock timeout",
)
async def test_a_buyer_who_is_edited_can_be_billed(engine, buyer, module):
    async with AsyncSession(engine) as session, session.begin():
        row = await module.lock_for_edit(session, buyer)
        row.name = "Ann Miller"
        await session.flush()
        await bill(engine, buyer)


@both
async def test_a_change_under_the_lock_is_kept(engine, buyer, module):
    async with AsyncSession(engine) as session, session.begin():
        row = await module.lock_for_edit(session, buyer)
        row.name = "Ann Miller"
    async with AsyncSession(engine) as session:
        assert (await session.get_one(BuyerRow, buyer)).name == "Ann Miller"


@both
async def test_who_is_not_there_is_not_found(engine, module):
    async with AsyncSession(engine) as session:
        with pytest.raises(NotFoundError):
            await module.lock_for_edit(session, uuid4())


async def test_a_second_editor_is_told_at_once(engine, buyer):
    async with AsyncSession(engine) as one, AsyncSession(engine) as other:
        await lock_mode.lock_for_edit(one, buyer)
        with pytest.raises(BeingEditedError) as caught:
            await lock_mode.lock_for_edit(other, buyer)
        await one.rollback()
        await other.rollback()
        await lock_mode.lock_for_edit(other, buyer)

    told = outcome_of(caught.value)
    assert (told.status, told.code) == (409, "being-edited")


async def test_other_errors_are_not_mistaken_for_a_lock(engine, buyer):
    async with AsyncSession(engine) as session:
        with suppress(DBAPIError):
            await session.execute(text("select 1 / 0"))
        with pytest.raises(DBAPIError) as caught:
            await lock_mode.lock_for_edit(session, buyer)

    assert caught.value.orig.sqlstate == "25P02"


async def test_what_another_editor_left_is_what_one_gets(engine, buyer):
    async with AsyncSession(engine) as session:
        stale = await session.get_one(BuyerRow, buyer)
        async with AsyncSession(engine) as other, other.begin():
            (await other.get_one(BuyerRow, buyer)).name = "Ann Miller"

        assert stale.name == "Ann"
        fresh = await lock_mode.lock_for_edit(session, buyer)
        assert fresh.name == "Ann Miller"


@pytest.mark.parametrize("held", MODES)
async def test_which_modes_exclude_each_other(engine, buyer, held):
    async def is_refused(mode):
        async with engine.connect() as other:
            try:
                await other.execute(lock(f"{mode} nowait"))
            except DBAPIError as error:
                return error.orig.sqlstate == "55P03"

    def lock(mode):
        return text(f"select from buyers for {mode}")

    async with engine.connect() as connection:
        await connection.execute(lock(held))
        refused = {mode for mode in MODES if await is_refused(mode)}

    assert refused == EXCLUDED[held]


@pytest.mark.parametrize(
    ("change", "waits"),
    [
        (update(BuyerRow).values(name="Ann Miller"), False),
        (update(BuyerRow).values(email="miller@example.com"), True),
        (update(BuyerRow).values(email="ann@example.com"), False),
        (delete(BuyerRow), True),
    ],
    ids=["no key", "a unique key", "a key, to what it was", "delete"],
)
async def test_a_change_of_a_key_holds_up_new_invoices(
    engine, buyer, change, waits
):
    async with engine.connect() as connection:
        await connection.execute(change)
        outcome = await asyncio.gather(
            bill(engine, buyer), return_exceptions=True
        )

    assert [getattr(each, "orig", None) is not None for each in outcome] == [
        waits
    ]


async def test_a_new_invoice_holds_up_who_locks_for_update(engine, buyer):
    async with AsyncSession(engine) as session:
        session.add(InvoiceRow(buyer_id=buyer, currency="EUR", total=1))
        await session.flush()
        async with AsyncSession(engine) as other:
            await lock_mode.lock_for_edit(other, buyer)
        async with AsyncSession(engine) as other:
            with pytest.raises(DBAPIError, match="could not obtain lock"):
                await other.execute(
                    select(BuyerRow).with_for_update(nowait=True)
                )
