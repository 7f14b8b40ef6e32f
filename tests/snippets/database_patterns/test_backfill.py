"""Backfill: nobody waits, every row is filled, wherever it was interrupted."""

import asyncio

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.database_patterns import backfill, backfill_broken
from snippets.database_patterns.backfill import POSTAL_CODES, Batch
from tests.snippets.database_patterns.migrating import ADDRESSES, History
from tests.support.twins import fix_and_twin

LEFT = "select count(*) from delivery_addresses where postal_code is null"
SAVE = "update delivery_addresses set recipient = 'Grace' where id = %s"
HOLD = "select from delivery_addresses where id = %s for update"
IMPATIENT = "set statement_timeout = '3s'"


@pytest.fixture
def history(postgres_url):
    """Ten addresses from before `postal_code`."""
    history = History(postgres_url)
    history.upgrade("0004")
    history.sql(ADDRESSES, 10)
    history.upgrade("0005")
    return history


@pytest.fixture(params=["READ COMMITTED", "REPEATABLE READ", "AUTOCOMMIT"])
async def engine(asyncpg_url, request, history):
    engine = create_async_engine(asyncpg_url, isolation_level=request.param)
    yield engine
    await engine.dispose()


async def nothing(_: Batch) -> None:
    """Between two batches."""


def saved(connection, key):
    """Whether a customer, who leaves after three seconds, could save it."""
    connection.execute(IMPATIENT)
    try:
        connection.execute(SAVE, [key])
    except psycopg.errors.QueryCanceled:
        return False
    return True


@fix_and_twin(
    "module",
    backfill,
    backfill_broken,
    "No customer can save an address until the last row is filled.",
)
async def test_what_is_filled_can_be_written_while_the_rest_waits(
    history, asyncpg_url, module
):
    engine = create_async_engine(asyncpg_url)
    with psycopg.connect(history.url) as slow, history.connect() as customer:
        slow.execute(HOLD, [10])
        filling = asyncio.create_task(
            module.backfill(engine, POSTAL_CODES, nothing, size=3)
        )
        await asyncio.to_thread(history.until_waiting)
        was_saved = await asyncio.to_thread(saved, customer, 1)
        slow.commit()
    await filling
    await engine.dispose()
    assert history.sql(LEFT) == [0]
    assert was_saved


async def test_the_one_statement_holds_all_rows_until_it_has_the_last(
    history, asyncpg_url
):
    engine = create_async_engine(asyncpg_url)
    with psycopg.connect(history.url) as slow, history.connect() as customer:
        slow.execute(HOLD, [10])
        filling = asyncio.create_task(backfill_broken.backfill(engine))
        (update,) = await asyncio.to_thread(history.until_waiting)
        saving = asyncio.create_task(asyncio.to_thread(saved, customer, 1))
        await asyncio.to_thread(history.until_waiting, 2)
        assert history.sql(
            "select pg_blocking_pids(%s)", customer.info.backend_pid
        ) == [[update]]
        slow.commit()
        assert await filling == 10
        assert await saving
    await engine.dispose()


@pytest.mark.parametrize("size", [1, 3, 5, 10, 11])
async def test_every_row_is_filled_in_batches_that_are_told(
    history, engine, size
):
    told = []

    async def tell(batch):
        told.append(batch)

    assert await backfill.backfill(engine, POSTAL_CODES, tell, size=size) == 10
    assert history.sql(LEFT) == [0]
    assert history.sql("select bool_and(postal_code = zip)"
                       " from delivery_addresses") == [True]  # fmt: skip
    assert max(batch.rows for batch in told) == min(size, 10)
    assert [batch.after for batch in told] == sorted(
        batch.after for batch in told
    )
    assert told[-1] == Batch(after=10, rows=0)


async def test_a_run_that_ends_keeps_its_batches_and_the_next_goes_on(
    history, engine
):
    async def full(batch):
        if batch.after == 6:
            raise ConnectionError("the replica is gone")

    with pytest.raises(ConnectionError):
        await backfill.backfill(engine, POSTAL_CODES, full, size=3)
    assert history.sql(LEFT) == [4]

    assert await backfill.backfill(engine, POSTAL_CODES, nothing, size=3) == 4
    assert await backfill.backfill(engine, POSTAL_CODES, nothing) == 0


async def test_it_begins_where_it_is_told(history, engine):
    assert await backfill.backfill(engine, POSTAL_CODES, nothing, after=8) == 2
    assert history.sql(LEFT) == [8]


async def test_between_batches_nothing_is_locked(history, engine):
    async def look(_):
        assert history.sql(
            "select count(*) from pg_locks"
            " where relation = 'delivery_addresses'::regclass"
        ) == [0]

    assert await backfill.backfill(engine, POSTAL_CODES, look, size=3) == 10


async def test_two_at_once_fill_each_row_once(history, engine):
    counts = await asyncio.gather(
        *(
            backfill.backfill(engine, POSTAL_CODES, nothing, size=2)
            for _ in range(3)
        )
    )
    assert sum(counts) == 10
    assert history.sql(LEFT) == [0]


async def test_a_new_code_meanwhile_is_not_overwritten(history, engine):
    async def customer(batch):
        if batch.after == 3:
            history.sql(
                "update delivery_addresses set postal_code = '20095'"
                " where id in (2, 9)"
            )

    await backfill.backfill(engine, POSTAL_CODES, customer, size=3)
    codes = "select postal_code from delivery_addresses where id in (2, 9)"
    assert history.sql(codes) == ["20095", "20095"]


async def test_rows_that_somebody_deletes_meanwhile_are_no_end(history, engine):
    async def customer(batch):
        if batch.after == 3:
            history.sql(
                "delete from delivery_addresses where id between 4 and 8"
            )

    await backfill.backfill(engine, POSTAL_CODES, customer, size=3)
    assert history.sql(LEFT) == [0]


async def test_a_row_that_is_not_given_back_ends_the_run(
    history, engine, monkeypatch
):
    monkeypatch.setattr(backfill, "PAUSES", (0,))
    with psycopg.connect(history.url) as slow:
        slow.execute(HOLD, [8])
        with pytest.raises(DBAPIError, match="lock timeout"):
            await backfill.backfill(engine, POSTAL_CODES, nothing, size=3)
    assert history.sql(LEFT) == [4]


@pytest.mark.parametrize("size", [0, -1])
async def test_a_batch_has_a_row_at_least(engine, size):
    with pytest.raises(ValueError, match="Not a size"):
        await backfill.backfill(engine, POSTAL_CODES, nothing, size=size)


async def test_cancelled_in_a_batch_it_leaves_nothing_locked(history, engine):
    with psycopg.connect(history.url) as slow:
        slow.execute(HOLD, [5])
        filling = asyncio.create_task(
            backfill.backfill(engine, POSTAL_CODES, nothing, size=3)
        )
        await asyncio.to_thread(history.until_waiting)
        filling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await filling
        with history.connect() as customer:
            assert saved(customer, 4)
    assert await backfill.backfill(engine, POSTAL_CODES, nothing) == 6
    assert history.sql(LEFT) == [0]
