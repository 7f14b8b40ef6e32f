"""Upsert: there or not, twice or at once, the row is there in the end."""

import asyncio

import psycopg
import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError, NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.database_patterns import (
    upsert,
    upsert_check_broken,
    upsert_get_or_create_broken,
    upsert_update_broken,
)
from snippets.database_patterns.bulk_insert import NewBuyer
from snippets.database_patterns.models import BuyerRow
from snippets.database_patterns.upsert import buyer_for, save_buyers
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

ANN = NewBuyer("ann@example.com", "Ann")
ANNA = NewBuyer("ann@example.com", "Anna")
BOB = NewBuyer("bob@example.com", "Bob")


@pytest.fixture
async def stored(engine):
    """``await stored(buyer, …)``: in a transaction of its own."""

    async def store(*buyers):
        async with AsyncSession(engine) as session, session.begin():
            session.add_all(
                BuyerRow(email=each.email, name=each.name) for each in buyers
            )

    return store


@pytest.fixture
def names(engine):
    async def names():
        async with AsyncSession(engine) as session:
            query = select(BuyerRow.email, BuyerRow.name)
            return dict((await session.execute(query)).all())

    return names


@fix_and_twin(
    "module",
    upsert,
    upsert_get_or_create_broken,
    "The second order of a customer answers 500: No row was found when one "
    "was required",
    raises=NoResultFound,
)
async def test_a_buyer_who_is_there_is_found(engine, stored, module):
    await stored(ANN)

    async with AsyncSession(engine) as session:
        buyer = await module.buyer_for(session, ANNA)

    assert buyer.name == "Ann"


@fix_and_twin(
    "module",
    upsert,
    upsert_check_broken,
    "A new customer who clicks twice gets 500: duplicate key value violates "
    "unique constraint",
    raises=IntegrityError,
    match="uq_buyers_email",
)
async def test_two_at_once_are_one_buyer(engine, names, module):
    async def waiting():
        async with engine.connect() as connection:
            return await connection.scalar(
                select(func.count()).select_from(
                    func.pg_blocking_pids(pid).alias()
                )
            )

    async with AsyncSession(engine, expire_on_commit=False) as first:
        mine = await module.buyer_for(first, ANN)
        async with AsyncSession(engine) as second:
            pid = await second.scalar(select(func.pg_backend_pid()))
            waits = asyncio.create_task(module.buyer_for(second, ANNA))
            await async_until(waiting)
            await first.commit()
            theirs = await waits

            assert theirs.id == mine.id
    assert await names() == {ANN.email: "Ann"}


@pytest.mark.parametrize(
    "module", [upsert, upsert_check_broken, upsert_get_or_create_broken]
)
async def test_a_buyer_who_is_not_there_is_made(engine, names, module):
    async with AsyncSession(engine) as session, session.begin():
        buyer = await module.buyer_for(session, ANN)
        assert (buyer.email, buyer.name) == (ANN.email, "Ann")

    assert await names() == {ANN.email: "Ann"}


async def test_the_twin_that_looks_first_finds_who_is_there(engine, stored):
    await stored(ANN)
    async with AsyncSession(engine) as session:
        buyer = await upsert_check_broken.buyer_for(session, ANNA)

    assert buyer.name == "Ann"


async def test_at_a_stricter_level_postgresql_ends_the_second(engine):
    strict = engine.execution_options(isolation_level="REPEATABLE READ")
    async with AsyncSession(strict) as late:
        await late.scalar(select(func.count(BuyerRow.id)))  # its snapshot
        async with AsyncSession(engine) as other, other.begin():
            await buyer_for(other, ANN)

        with pytest.raises(DBAPIError) as ended:
            await buyer_for(late, ANN)

    assert ended.value.orig.sqlstate == "40001"


async def test_one_that_is_deleted_just_now_is_not_made_up(
    engine, stored, postgres_url
):
    await stored(ANN)

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def delete(connection, cursor, statement, *_):
        if statement.startswith("SELECT"):
            with psycopg.connect(postgres_url) as admin:
                admin.execute("delete from buyers")

    async with AsyncSession(engine) as session:
        with pytest.raises(NoResultFound):
            await buyer_for(session, ANN)


async def dates(engine):
    async with AsyncSession(engine) as session:
        query = select(BuyerRow.created_at, BuyerRow.updated_at)
        return (await session.execute(query)).one()


@fix_and_twin(
    "module",
    upsert,
    upsert_update_broken,
    "The name has changed, and by its date it never did",
)
async def test_a_changed_buyer_is_dated(engine, stored, module):
    await stored(ANN)

    async with AsyncSession(engine) as session, session.begin():
        await module.save_buyers(session, [ANNA])

    created, updated = await dates(engine)
    assert updated != created


@fix_and_twin(
    "module",
    upsert,
    upsert_update_broken,
    "A file that names one buyer twice is refused: ON CONFLICT DO UPDATE "
    "command cannot affect row a second time",
    raises=DBAPIError,
    match="cannot affect row a second time",
)
async def test_of_one_named_twice_the_last_counts(engine, names, module):
    async with AsyncSession(engine) as session, session.begin():
        await module.save_buyers(session, [ANN, BOB, ANNA])

    assert await names() == {ANN.email: "Anna", BOB.email: "Bob"}


@pytest.mark.parametrize("module", [upsert, upsert_update_broken])
async def test_new_ones_are_made_and_old_ones_changed(
    engine, stored, names, module
):
    await stored(ANN)

    async with AsyncSession(engine) as session, session.begin():
        await module.save_buyers(session, [BOB, ANNA])

    assert await names() == {ANN.email: "Anna", BOB.email: "Bob"}


async def test_it_tells_which_were_new_and_which_were_changed(engine, stored):
    await stored(ANN, BOB)
    eve = NewBuyer("eve@example.com", "Eve")

    async with AsyncSession(engine) as session, session.begin():
        written = await save_buyers(session, [ANNA, BOB, eve])

    assert written == {ANN.email: False, eve.email: True}


async def test_what_is_as_it_should_be_is_not_touched(engine, stored):
    await stored(ANN)

    async with AsyncSession(engine) as session, session.begin():
        assert await save_buyers(session, [ANN]) == {}

    created, updated = await dates(engine)
    assert updated == created


async def test_of_nobody_nothing_is_saved(engine):
    async with AsyncSession(engine) as session:
        assert await save_buyers(session, []) == {}


async def test_rows_are_written_in_the_order_of_their_keys(engine):
    sent = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, *_):
        sent.extend(parameters)

    async with AsyncSession(engine) as session:
        await save_buyers(session, [BOB, ANN])

    assert sent == [ANN.email, "Ann", BOB.email, "Bob"]


async def test_thousands_are_saved(engine, names):
    buyers = [NewBuyer(f"{n}@example.com", "New") for n in range(2_500)]

    async with AsyncSession(engine) as session, session.begin():
        written = await save_buyers(session, buyers)
        changed = await save_buyers(session, buyers[:10])

    assert all(written.values())
    assert (len(written), changed) == (2_500, {})
