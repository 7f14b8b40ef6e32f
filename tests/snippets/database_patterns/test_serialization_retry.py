"""What each isolation level allows; what is run again, and what never is."""

import asyncio

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.code_style.database_errors import database_errors
from snippets.code_style.errors import DatabaseError
from snippets.database_patterns import (
    serialization_retry,
    serialization_retry_broken,
)
from snippets.database_patterns.serialization_retry import (
    ended_for_another,
    in_transaction,
)
from snippets.domain_driven_design.row_lock import HotStockRow
from tests.support.twins import fix_and_twin

READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE = (
    "READ COMMITTED",
    "REPEATABLE READ",
    "SERIALIZABLE",
)
every_level = pytest.mark.parametrize(
    "level", [READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE]
)
WITHOUT_PAUSE = {"rand": lambda: 0}


@pytest.fixture(autouse=True)
async def stock(engine):
    async with AsyncSession(engine) as session, session.begin():
        session.add(HotStockRow(sku="CUP", on_hand=10))
        session.add(HotStockRow(sku="MUG", on_hand=10))


@pytest.fixture
async def begun(engine):
    """Begins a transaction at a level."""
    opened = []

    async def begin(level):
        connection = await engine.connect()
        opened.append(connection)
        return await connection.execution_options(isolation_level=level)

    yield begin
    for connection in opened:
        await connection.close()


async def read(connection, sku="MUG"):
    return await connection.scalar(
        select(HotStockRow.on_hand).where(HotStockRow.sku == sku)
    )


def write(on_hand, sku="MUG"):
    change = update(HotStockRow).where(HotStockRow.sku == sku)
    return change.values(on_hand=on_hand)


async def outcome(statement):
    """None, or the SQLSTATE with which it was refused."""
    try:
        await statement
    except DBAPIError as error:
        return error.orig.sqlstate


@every_level
async def test_no_level_shows_what_is_not_committed(begun, level):
    reader, writer = await begun(level), await begun(READ_COMMITTED)
    await writer.execute(write(0))

    assert await read(reader) == 10


@every_level
async def test_from_repeatable_read_on_a_row_stays_as_it_was_read(begun, level):
    reader, writer = await begun(level), await begun(READ_COMMITTED)
    await read(reader)
    await writer.execute(write(0))
    await writer.commit()

    expected = 0 if level == READ_COMMITTED else 10
    assert await read(reader) == expected


@every_level
async def test_from_repeatable_read_on_no_row_appears(begun, level):
    count = select(func.count()).select_from(HotStockRow)
    reader, writer = await begun(level), await begun(READ_COMMITTED)
    await reader.scalar(count)
    await writer.execute(text("insert into hot_stock values ('POT', 1)"))
    await writer.commit()

    expected = 3 if level == READ_COMMITTED else 2
    assert await reader.scalar(count) == expected


@every_level
async def test_from_repeatable_read_on_no_update_is_lost(begun, level):
    one, other = await begun(level), await begun(level)
    seen = [await read(one), await read(other)]
    await one.execute(write(seen[0] - 1))
    await one.commit()

    refused = await outcome(other.execute(write(seen[1] - 1)))

    assert refused == (None if level == READ_COMMITTED else "40001")


@every_level
async def test_below_repeatable_read_an_update_starts_from_the_new_row(
    begun, level
):
    one, other = await begun(level), await begun(level)
    await read(other)  # above READ COMMITTED, takes the snapshot
    await one.execute(write(HotStockRow.on_hand - 1))
    await one.commit()

    refused = await outcome(other.execute(write(HotStockRow.on_hand - 1)))

    assert refused == (None if level == READ_COMMITTED else "40001")
    if refused is None:
        assert await read(other) == 8


@every_level
async def test_only_serializable_refuses_write_skew(begun, level):
    one, other = await begun(level), await begun(level)
    cups, mugs = await read(one, "CUP"), await read(other, "MUG")
    await one.execute(write(cups - 1, "MUG"))
    await one.commit()

    async def write_the_other():
        await other.execute(write(mugs - 1, "CUP"))
        await other.commit()

    refused = await outcome(write_the_other())

    assert refused == ("40001" if level == SERIALIZABLE else None)


class Meeting:
    """Work of two, both of which read before the first of them writes."""

    def __init__(self):
        self.runs = 0
        self._both_have_read = asyncio.Barrier(2)

    async def sell_one(self, session):
        self.runs += 1
        first_time = self.runs <= 2
        row = await session.get_one(HotStockRow, "MUG")
        if first_time:
            await self._both_have_read.wait()
        row.on_hand -= 1
        await session.flush()
        return row.on_hand


@fix_and_twin(
    "module",
    serialization_retry,
    serialization_retry_broken,
    "Of two customers at once, one gets a 500: the retry never runs",
    raises=DBAPIError,
    match="could not serialize access",
)
async def test_of_two_at_once_both_succeed(engine, module):
    work = Meeting().sell_one
    left = await asyncio.gather(
        module.in_transaction(engine, work), module.in_transaction(engine, work)
    )

    assert sorted(left) == [8, 9]


@pytest.fixture
async def psycopg_engine(engine):
    url = engine.url.set(drivername="postgresql+psycopg")
    other = create_async_engine(url)
    yield other
    await other.dispose()


@pytest.mark.parametrize(
    "module", [serialization_retry, serialization_retry_broken]
)
async def test_with_psycopg_both_run_again(psycopg_engine, module):
    meeting = Meeting()
    left = await asyncio.gather(
        module.in_transaction(psycopg_engine, meeting.sell_one),
        module.in_transaction(psycopg_engine, meeting.sell_one),
    )

    assert sorted(left) == [8, 9]
    assert meeting.runs == 3


async def test_the_class_of_the_error_depends_on_the_driver(
    engine, psycopg_engine
):
    for each, kind in [
        (engine, DBAPIError),
        (psycopg_engine, OperationalError),
    ]:
        for sqlstate in ("40001", "40P01"):
            with pytest.raises(DBAPIError) as caught:
                await in_transaction(each, ended(sqlstate), attempts=1)
            assert type(caught.value) is kind


def ended(sqlstate, runs=None):
    """Work that PostgreSQL ends with that state, each time that it is run."""

    async def work(session):
        if runs is not None:
            runs.append(sqlstate)
        await session.execute(
            text(f"do $$ begin raise sqlstate '{sqlstate}'; end $$")
        )

    return work


@pytest.mark.parametrize(
    "module", [serialization_retry, serialization_retry_broken]
)
async def test_after_the_last_attempt_the_error_is_raised(
    psycopg_engine, module
):
    runs = []
    with pytest.raises(DBAPIError) as caught:
        await module.in_transaction(
            psycopg_engine, ended("40P01", runs), attempts=3
        )

    assert caught.value.orig.sqlstate == "40P01"
    assert len(runs) == 3


async def test_a_failure_at_commit_is_retried_too(engine):
    """Where the constraint trigger stands for what PostgreSQL finds so late."""
    async with engine.begin() as connection:
        for statement in [
            "create sequence commits",
            "create function refuse() returns trigger language plpgsql as $$"
            " begin if nextval('commits') < 3 then raise sqlstate '40001';"
            " end if; return null; end $$",
            "create constraint trigger late after update on hot_stock"
            " deferrable initially deferred"
            " for each row execute function refuse()",
        ]:
            await connection.execute(text(statement))
    runs = []

    async def work(session):
        runs.append("run")
        await session.execute(write(3))

    await in_transaction(engine, work, **WITHOUT_PAUSE)

    assert len(runs) == 3
    async with AsyncSession(engine) as session:
        assert await read(session) == 3


async def test_an_error_that_an_adapter_translated_is_seen(engine):
    runs = []

    async def work(session):
        with database_errors("sell"):
            await ended("40001", runs)(session)

    with pytest.raises(DatabaseError):
        await in_transaction(engine, work, attempts=3, **WITHOUT_PAUSE)
    assert len(runs) == 3


@pytest.mark.parametrize("sqlstate", ["23505", "57014", "55P03", "40002"])
async def test_other_refusals_are_raised_at_once(engine, sqlstate):
    runs = []
    with pytest.raises(DBAPIError):
        await in_transaction(engine, ended(sqlstate, runs))
    assert len(runs) == 1


async def test_what_the_work_raises_is_raised_and_changes_nothing(engine):
    runs = []

    async def work(session):
        runs.append("run")
        await session.execute(write(0))
        raise LookupError

    with pytest.raises(LookupError):
        await in_transaction(engine, work)

    assert len(runs) == 1
    async with AsyncSession(engine) as session:
        assert await read(session) == 10


async def test_a_connection_lost_at_commit_is_not_run_again(engine):
    """It may have been committed; whoever repeats it might sell twice."""
    runs = []

    async def work(session):
        runs.append("run")
        pid = await session.scalar(select(func.pg_backend_pid()))
        await session.execute(write(0))
        async with engine.connect() as other:
            await other.execute(select(func.pg_terminate_backend(pid, 5000)))

    with pytest.raises(DBAPIError) as caught:
        await in_transaction(engine, work)

    assert not ended_for_another(caught.value)
    assert len(runs) == 1


async def test_one_who_is_cancelled_does_not_run_again(engine):
    runs, started = [], asyncio.Event()

    async def work(session):
        runs.append("run")
        await session.execute(write(0))
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(in_transaction(engine, work))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(runs) == 1
    assert engine.pool.checkedout() == 0


async def test_pauses_grow_to_a_second_and_hold_no_connection(
    engine, monkeypatch
):
    pauses, held = [], set()

    async def sleep(seconds):
        pauses.append(seconds)
        held.add(engine.pool.checkedout())

    monkeypatch.setattr(serialization_retry.asyncio, "sleep", sleep)
    with pytest.raises(DBAPIError):
        await in_transaction(
            engine, ended("40001"), attempts=10, rand=lambda: 0.5
        )

    assert pauses == [
        0.005,
        0.01,
        0.02,
        0.04,
        0.08,
        0.16,
        0.32,
        0.5,
        0.5,
    ]
    assert held == {0}


async def test_side_effects_of_the_work_are_repeated(engine):
    """Why mail and charges do not belong there."""
    mails = []
    meeting = Meeting()

    async def sell_and_tell(session):
        left = await meeting.sell_one(session)
        mails.append(f"{left} left")

    await asyncio.gather(
        in_transaction(engine, sell_and_tell),
        in_transaction(engine, sell_and_tell),
    )
    assert meeting.runs == 3
    assert len(mails) >= 2


@every_level
async def test_whatever_the_engine_s_level_is_the_work_has_its_own(
    at_level, level
):
    for engines in ("AUTOCOMMIT", SERIALIZABLE):
        seen = await in_transaction(
            at_level(engines),
            lambda session: session.scalar(text("show transaction_isolation")),
            level,
        )
        assert seen.upper() == level


async def test_the_next_user_of_the_connection_has_the_default_level(engine):
    async def show(session):
        return await session.scalar(text("show transaction_isolation"))

    await in_transaction(engine, show)
    async with AsyncSession(engine) as session:
        assert await show(session) == "read committed"


async def test_what_was_read_can_be_used_after_the_end(engine):
    row = await in_transaction(
        engine, lambda session: session.get_one(HotStockRow, "MUG")
    )
    assert row.on_hand == 10


async def test_a_key_chosen_by_looking_is_refused_as_a_duplicate(engine):
    """Not 40001 in every case: this one, PostgreSQL tells as what it is."""
    both = asyncio.Barrier(2)

    async def add_next(session):
        taken = await session.scalar(select(func.count(HotStockRow.sku)))
        await both.wait()
        session.add(HotStockRow(sku=f"NEW-{taken}", on_hand=1))

    outcomes = await asyncio.gather(
        in_transaction(engine, add_next, READ_COMMITTED),
        in_transaction(engine, add_next, READ_COMMITTED),
        return_exceptions=True,
    )
    assert IntegrityError in map(type, outcomes)
