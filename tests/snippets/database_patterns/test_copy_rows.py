"""COPY: all rows or none, in the session's transaction, of any source."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.database_patterns import copy_rows, copy_rows_broken
from snippets.database_patterns.copy_rows import copy_buyers, copy_new_buyers
from snippets.database_patterns.models import BuyerRow
from tests.support.twins import fix_and_twin

ANN, BOB = ("ann@example.com", "Ann"), ("bob@example.com", "Bob")


@pytest.fixture
def stored(engine):
    async def stored():
        async with AsyncSession(engine) as session:
            query = select(BuyerRow.email, BuyerRow.name)
            return set((await session.execute(query)).all())

    return stored


@fix_and_twin(
    "module",
    copy_rows,
    copy_rows_broken,
    "The import fails and is rolled back; half of it is stored all the same",
)
async def test_what_fails_later_takes_the_rows_with_it(engine, stored, module):
    async def import_and_fail():
        async with AsyncSession(engine) as session, session.begin():
            await module.copy_buyers(session, [ANN, BOB])
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await import_and_fail()

    assert await stored() == set()


@pytest.mark.parametrize("module", [copy_rows, copy_rows_broken])
async def test_the_rows_are_stored_and_counted(engine, stored, module):
    async with AsyncSession(engine) as session, session.begin():
        assert await module.copy_buyers(session, [ANN, BOB]) == 2

    assert await stored() == {ANN, BOB}


async def test_the_database_fills_in_the_rest(engine):
    async with AsyncSession(engine) as session:
        await copy_buyers(session, [ANN])
        buyer = await session.scalar(select(BuyerRow))

    assert buyer.id.version == 7
    assert buyer.created_at == buyer.updated_at


async def test_a_stream_is_read_while_it_is_sent(engine):
    async def lines():
        for number in range(5_000):
            yield f"{number}@example.com", "Buyer"

    async with AsyncSession(engine) as session:
        assert await copy_buyers(session, lines()) == 5_000
        assert await session.scalar(select(func.count(BuyerRow.id))) == 5_000


async def test_nothing_is_a_number_too(engine):
    async with AsyncSession(engine) as session:
        assert await copy_buyers(session, []) == 0
        assert await copy_new_buyers(session, []) == 0


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([ANN, ANN], asyncpg.UniqueViolationError),
        ([ANN, ("bob@example.com", None)], asyncpg.NotNullViolationError),
        ([ANN, ("bob@example.com", "\0")], asyncpg.DataError),
        ([ANN, ("bob@example.com", "\ud800")], Exception),
        ([ANN, ("bob@example.com",)], Exception),
    ],
    ids=["twice", "null", "NUL", "surrogate", "too few"],
)
async def test_one_bad_row_stops_all(engine, stored, rows, error):
    async with AsyncSession(engine) as session:
        with pytest.raises(error):
            await copy_buyers(session, rows)
        await session.rollback()
        assert await copy_buyers(session, [BOB]) == 1
        await session.commit()

    assert await stored() == {BOB}


async def test_a_source_that_fails_stops_all(engine, stored):
    async def lines():
        yield ANN
        raise ConnectionError("the file server is away")

    async with AsyncSession(engine) as session:
        with pytest.raises(ConnectionError):
            await copy_buyers(session, lines())
        await session.rollback()
        assert await session.scalar(text("select 1")) == 1

    assert await stored() == set()


async def test_a_cancelled_import_stops_all(engine, stored):
    sends = asyncio.Event()

    async def lines():
        yield ANN
        sends.set()
        await asyncio.Event().wait()

    async def work():
        async with AsyncSession(engine) as session, session.begin():
            await copy_buyers(session, lines())

    importing = asyncio.create_task(work())
    await sends.wait()
    importing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await importing

    assert await stored() == set()


async def test_who_is_there_already_is_passed_over(engine, stored):
    async with AsyncSession(engine) as session, session.begin():
        await copy_buyers(session, [ANN])
    anna = (ANN[0], "Anna")

    async with AsyncSession(engine) as session, session.begin():
        assert await copy_new_buyers(session, [anna, BOB, BOB]) == 1
        assert await copy_new_buyers(session, [anna, BOB]) == 0

    assert await stored() == {ANN, BOB}
